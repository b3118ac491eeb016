using System.Text.RegularExpressions;
using Messaging.Api.Files;
using Messaging.Api.Tests.Clients;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Files;

/// <summary>What the server lets a browser show is what the web client asks for.</summary>
public sealed partial class PictureTypesTests
{
    [Fact]
    public void The_web_client_shows_those_that_the_server_gives_out_to_be_shown()
    {
        var client = Directory
            .EnumerateFiles(Path.Combine(NodeProject.Root, "src/Web/src"), "*.ts*", SearchOption.AllDirectories)
            .Select(file => IsPicture().Match(File.ReadAllText(file)))
            .Single(match => match.Success);
        client
            .Groups["types"].Value.Split('|').Select(type => $"image/{type}")
            .ShouldBe(PictureTypes.All, ignoreOrder: true);
    }

    [GeneratedRegex(@"/\^image\\/\((?<types>[a-z|]+)\)\$/")]
    private static partial Regex IsPicture();
}
