using System.Text;
using Messaging.Api.Files;
using Shouldly;
using Xunit;

namespace Messaging.Api.Tests.Files;

public class MediaTypesTests
{
    [Theory]
    [InlineData("%PDF-1.7\n", "application/pdf")]
    [InlineData("\u0089PNG\r\n\u001A\n", "image/png")]
    [InlineData("\u00FF\u00D8\u00FF\u00E0", "image/jpeg")]
    [InlineData("GIF89a", "image/gif")]
    [InlineData("RIFF\u0010\0\0\0WEBPVP8 ", "image/webp")]
    [InlineData("PK\u0003\u0004\u0014", "application/zip")]
    [InlineData("Guten Tag", "text/plain")]
    [InlineData("Gr\u00FC\u00DFe in Latin-1", "text/plain")]
    [InlineData("\u00EF\u00BB\u00BFKonto;Betrag", "text/plain")]
    [InlineData("\u00FF\u00FEa\0b\0", "text/plain")]
    [InlineData("a < b", "text/plain")]
    [InlineData("<3 you", "text/plain")]
    [InlineData("\u0000\u0001\u0002", null)]
    [InlineData("\n%PDF-1.4\n%", "application/pdf")]
    [InlineData("\u00EF\u00BB\u00BF \r\n%PDF-1.4", "application/pdf")]
    [InlineData("\u0000\u0001\u0002%PDF-1.4", "application/pdf")]
    [InlineData("{\\rtf1\\ansi Guten Tag}", "application/rtf")]
    [InlineData("\0\0\0\u0018ftypheic\0\0\0\0mif1heic", "image/heic")]
    [InlineData("\0\0\0\u0018ftypmif1\0\0\0\0mif1heic", "image/heif")]
    [InlineData("\0\0\0\u0018ftypqt  \0\0\0\0", "video/quicktime")]
    [InlineData("\0\0\0\u0018ftypXXXX\0\0\0\0", null)]
    [InlineData("II*\0\b\0\0\0", "image/tiff")]
    [InlineData("MM\0*\0\0\0\b", "image/tiff")]
    [InlineData("MZ\0%PDF-1.4", "application/vnd.microsoft.portable-executable")]
    [InlineData("<html>%PDF-1.4", "text/html")]
    [InlineData("", null)]
    public void The_first_bytes_tell_the_type(string latin1, string? expected) =>
        MediaTypes.Sniff(Encoding.Latin1.GetBytes(latin1)).ShouldBe(expected);

    [Theory]
    [InlineData("<!DOCTYPE html><p>", "text/html")]
    [InlineData(" \r\n\t<ScRiPt>alert(1)</script>", "text/html")]
    [InlineData("\u00EF\u00BB\u00BF<html>", "text/html")]
    [InlineData("<!-- a comment --><b>", "text/html")]
    [InlineData("<img src=x onerror=alert(1)>", "text/html")]
    [InlineData("\u00FF\u00FE<\0h\0t\0m\0l\0>\0", "text/html")]
    [InlineData("<svg onload='alert(1)'/>", "image/svg+xml")]
    [InlineData("<?xml version='1.0'?><!-- x --><svg:svg xmlns:svg='http://www.w3.org/2000/svg'/>", "image/svg+xml")]
    [InlineData("<!-- hidden --><SVG>", "image/svg+xml")]
    [InlineData("<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>", "text/html")]
    [InlineData("<?xml version='1.0'?><Invoice/>", "application/xml")]
    public void What_could_run_script_is_recognised(string latin1, string expected) =>
        MediaTypes.Sniff(Encoding.Latin1.GetBytes(latin1)).ShouldBe(expected);

    private static string TypeOf(string name, string? declared, string latin1) =>
        MediaTypes.Decide(name, declared, MediaTypes.Sniff(Encoding.Latin1.GetBytes(latin1)));

    [Theory]
    [InlineData("a.pdf", "application/pdf", "application/pdf", "application/pdf")]
    [InlineData("a.png", "image/png", "image/svg+xml", "image/svg+xml")]
    [InlineData("a.pdf", "application/pdf", "text/html", "text/html")]
    [InlineData(
        "a.docx", null, "application/zip", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")]
    [InlineData(
        "a.XLSX", "text/html", "application/zip", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")]
    [InlineData("a.zip", "text/html", "application/zip", "application/zip")]
    [InlineData("a.csv", "application/vnd.ms-excel", "text/plain", "text/csv")]
    [InlineData("a.html", "text/html", "text/plain", "text/plain")]
    [InlineData("a.js", "text/javascript", "text/plain", "text/plain")]
    [InlineData("a.txt", "text/plain; charset=utf-7", "text/plain", "text/plain")]
    public void The_bytes_have_the_first_word(string name, string? declared, string sniffed, string expected) =>
        MediaTypes.Decide(name, declared, sniffed).ShouldBe(expected);

    [Theory]
    [InlineData("Brief.doc", null, "application/msword")]
    [InlineData("Liste.XLS", "application/octet-stream", "application/vnd.ms-excel")]
    [InlineData("Post.msg", "application/octet-stream", "application/vnd.ms-outlook")]
    [InlineData("Folien.ppt", "", "application/vnd.ms-powerpoint")]
    [InlineData("Gehalt.xlsx", "", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")]
    [InlineData("Brief", "application/msword", "application/msword")]
    [InlineData("Brief", "text/html", "application/x-ole-storage")]
    public void Documents_of_before_2007_and_those_with_a_password_go_by_their_names(
        string name,
        string? declared,
        string expected
    ) => TypeOf(name, declared, "\u00D0\u00CF\u0011\u00E0\u00A1\u00B1\u001A\u00E1").ShouldBe(expected);

    [Theory]
    [InlineData("a.xml", null, "<Invoice xmlns='urn:oasis'>", "application/xml")]
    [InlineData("a.XML", null, "<ubl:Invoice>", "application/xml")]
    [InlineData("a.xml", null, "<!-- von DATEV --><Document/>", "application/xml")]
    [InlineData("a.xml", null, "<!DOCTYPE Document SYSTEM 'x.dtd'><Document/>", "application/xml")]
    [InlineData("a", "text/xml", "<Document>", "application/xml")]
    [InlineData("a.txt", null, "<Document>", "text/plain")]
    [InlineData("a.xml", null, "Guten Tag", "text/plain")]
    [InlineData("a.xml", null, "<3 you", "text/plain")]
    [InlineData("a.xml", null, "<x><script>alert(1)</script>", "text/plain")]
    [InlineData("a.xml", null, "<html xmlns='http://www.w3.org/1999/xhtml'>", "text/html")]
    [InlineData("a.xml", null, "<!-- x --><html>", "text/html")]
    [InlineData("a.xml", null, "<!-- x", "text/html")]
    [InlineData("a.xml", null, "<a:svg xmlns:a='http://www.w3.org/2000/svg'/>", "image/svg+xml")]
    public void XML_needs_no_declaration(string name, string? declared, string content, string expected) =>
        TypeOf(name, declared, content).ShouldBe(expected);

    [Theory]
    [InlineData("Scan.pdf", null, 0, "application/pdf")]
    [InlineData("Scan.pdf", null, 1_024 - 1, "application/pdf")]
    [InlineData("Scan.pdf", null, 1_024 + 1, "text/plain")]
    [InlineData("Scan", "application/pdf", 500, "application/pdf")]
    [InlineData("PDFs und ihr Anfang.txt", "text/plain", 500, "text/plain")]
    public void A_PDF_may_begin_behind_lines_of_whoever_sent_it(
        string name, string? declared, int at,
        string expected) => TypeOf(name, declared, new string('x', at) + "%PDF-1.7\n").ShouldBe(expected);

    [Fact]
    public void A_picture_of_a_telephone_goes_by_its_name_where_its_bytes_leave_a_choice()
    {
        const string heif = "\0\0\0\u0018ftypmif1\0\0\0\0mif1heic";
        TypeOf("IMG_1.HEIC", null, heif).ShouldBe("image/heic");
        TypeOf("IMG_1.heif", null, heif).ShouldBe("image/heif");
    }

    [Theory]
    [InlineData("application/vnd.ms-excel", "application/vnd.ms-excel")]
    [InlineData("Video/MP4; codecs=x", "video/mp4")]
    [InlineData("image/heic", "image/heic")]
    [InlineData("image/png", "application/octet-stream")]
    [InlineData("application/pdf", "application/octet-stream")]
    [InlineData("text/html", "application/octet-stream")]
    [InlineData("image/svg+xml", "application/octet-stream")]
    [InlineData("application/xhtml+xml", "application/octet-stream")]
    [InlineData("application/javascript", "application/octet-stream")]
    [InlineData("application/x\r\nSet-Cookie: a=b", "application/octet-stream")]
    [InlineData("application/x evil", "application/octet-stream")]
    [InlineData("nonsense", "application/octet-stream")]
    [InlineData("", "application/octet-stream")]
    [InlineData(null, "application/octet-stream")]
    public void What_the_uploader_says_counts_only_where_nothing_contradicts_it(string? declared, string expected) =>
        MediaTypes.Decide("a.bin", declared, null).ShouldBe(expected);
}
