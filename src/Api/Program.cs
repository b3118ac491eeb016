using Messaging.Api.Hosting;

// Everything the product is made of is named in Product.
return args is [CreateOrganisation.Name, .. var arguments] ? await CreateOrganisation.RunAsync(arguments) : await Product.RunAsync(args);
