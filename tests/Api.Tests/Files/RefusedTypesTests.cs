using System.Text;
using Messaging.Api.Files;
using Messaging.Domain.Files;
using Microsoft.Extensions.Configuration;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Files;

/// <summary>What a double click would run is not taken in, however its name is made up.</summary>
public sealed class RefusedTypesTests
{
    [Theory]
    [InlineData("Rechnung.exe", "“.exe”")]
    [InlineData("Rechnung.pdf.exe", "“.exe”")]
    [InlineData("Rechnung.pdf .exe", "“.exe”")]
    [InlineData("Rechnung.pdf                                                       .exe", "“.exe”")]
    [InlineData("Rechnung.EXE", "“.exe”")]
    [InlineData("Rechnung.exe.", "“.exe”")]
    [InlineData("Rechnung.exe . . ", "“.exe”")]
    [InlineData("Rechnung.ex\u200Be", "“.exe”")]
    [InlineData("Rechnung\u202Efdp.exe", "“.exe”")]
    [InlineData("Rechnung.exe\u202E", "“.exe”")]
    [InlineData("C:\\Users\\x\\Rechnung.scr", "“.scr”")]
    [InlineData("../../Rechnung.hta", "“.hta”")]
    [InlineData("Rechnung.pdf.lnk", "“.lnk”")]
    [InlineData("Rechnung.js", "“.js”")]
    [InlineData("Lohn.iso", "“.iso”")]
    [InlineData(".exe", null)]
    [InlineData("exe", null)]
    [InlineData("Rechnung.exe.pdf", null)]
    [InlineData("Rechnung.exe.txt", null)]
    [InlineData("Kasse.xlsm", null)]
    [InlineData("Seite.html", null)]
    [InlineData("Daten.bin", null)]
    [InlineData("Lohn März.pdf", null)]
    public void By_its_name(string given, string? type)
    {
        var refusal = Types().Check(FileName.Clean(given), "application/octet-stream") as TypeIsRefused;
        refusal?.Type.ShouldBe(type);
        (refusal is null).ShouldBe(type is null);
    }

    [Fact]
    public void By_its_bytes_whatever_it_is_called()
    {
        Refused("MZ\x90\0\x03\0\0\0\x04\0\0\0"u8.ToArray()).ShouldBe("application/vnd.microsoft.portable-executable");
        Refused([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0]).ShouldBe("application/x-executable");
        Refused([0xCF, 0xFA, 0xED, 0xFE, 7, 0, 0, 1]).ShouldBe("application/x-mach-binary");
        Refused([0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 2]).ShouldBe("application/x-mach-binary");
        Refused([0x4C, 0, 0, 0, 1, 0x14, 2, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46])
            .ShouldBe("application/x-ms-shortcut");
        Refused(Encoding.UTF8.GetBytes("MZ-Liste der Mandanten")).ShouldBeNull();
        Refused([0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 0x34]).ShouldBeNull();
        Refused("%PDF-1.7"u8.ToArray()).ShouldBeNull();

        static string? Refused(byte[] bytes) =>
            (Types().Check("Rechnung.pdf", MediaTypes.Decide(
                "Rechnung.pdf", "application/pdf", MediaTypes.Sniff(bytes))) as TypeIsRefused)?.Type;
    }

    [Fact]
    public void The_list_is_a_setting_and_a_wrong_one_is_named()
    {
        foreach (var list in (string[])["docm, .xlsm;*.PDF", "docm xlsm\npdf"])
        {
            var types = Types(list);
            types.Check("a.exe", "").ShouldBeNull();
            foreach (var name in (string[])["a.docm", "a.XLSM", "a.pdf"]) types.Check(name, "").ShouldNotBeNull();
        }

        Types("none").Check("a.exe", "application/x-executable").ShouldBeNull();
        Types("image/png").Check("a", "image/png").ShouldBeOfType<TypeIsRefused>().Message.ShouldContain("image/png");
        foreach (var wrong in (string[])["a/b/c", "<exe>", string.Join(' ', Enumerable.Range(0, 501)),
            new string('x', 101)])
            Should.Throw<InvalidOperationException>(() => Types(wrong)).Message
                .ShouldContain("Messaging:Files:RefusedTypes");
    }

    private static RefusedTypes Types(string? setting = null) =>
        RefusedTypes.Read(new ConfigurationBuilder().AddInMemoryCollection(
            [new("Messaging:Files:RefusedTypes", setting)]).Build());
}
