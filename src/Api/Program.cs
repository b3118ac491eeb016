using Messaging.Api.Files.Pictures;
using Messaging.Api.Hosting;

CoreDumps.Forbid();

// Everything the product is made of is named in Product.
return args switch
{
    [DecoderProcess.Name] => DecoderProcess.Run(),
    [CreateOrganisation.Name, .. var arguments] => await CreateOrganisation.RunAsync(arguments),
    [RemoveDemoData.Name, .. var arguments] => await RemoveDemoData.RunAsync(arguments),
    _ => await Product.RunAsync(args),
};
