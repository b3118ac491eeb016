using Messaging.Api.Files.Pictures;
using Messaging.Api.Hosting;
using Messaging.Api.Operating;

CoreDumps.Forbid();

// A child process of ours, which has to be there at once. All other words are named in CommandLine, and the service in
// Product.
return args is [DecoderProcess.Name] ? DecoderProcess.Run() : await CommandLine.RunAsync(args);
