using System.Text;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Uploads;

public class CsvRowsTests
{
    static List<(long Line, ReasonCode? Problem, string Text)> Read(byte[] content)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, content);
            using var rows = CsvRows.Open(CsvRows.Plain(path));
            var read = new List<(long, ReasonCode?, string)>();
            while (rows.Read()) read.Add((rows.Line, rows.Problem?.Code, rows.Original()));
            return read;
        }
        finally
        {
            File.Delete(path);
        }
    }

    static List<(long Line, ReasonCode? Problem, string Text)> Read(string content) => Read(Encoding.UTF8.GetBytes(content));

    [Fact]
    public void A_quote_that_is_never_closed_spoils_its_own_line_only() => Assert.Equal(
        [(2, null, "1,2"), (3, ReasonCode.QuoteNotClosed, "3,\"4"), (4, null, "5,6"), (5, null, "7,\"8\""), (6, null, "9,10")],
        Read("a,b\n1,2\n3,\"4\n5,6\n7,\"8\"\n9,10\n"));

    [Fact]
    public void A_line_break_inside_quotes_belongs_to_the_cell() => Assert.Equal(
        [(2, null, "1,\"2\n2\""), (4, null, "3,4")], Read("a,b\n1,\"2\n2\"\n3,4\n"));

    [Fact]
    public void Lines_are_counted_with_CRLF_empty_lines_and_a_byte_order_mark() => Assert.Equal(
        [(2, null, "1,2"), (4, null, "3,4")], Read("\uFEFFa,b\r\n1,2\r\n\r\n3,4\r\n"));

    [Fact]
    public void Bytes_that_are_not_UTF8_are_told_with_their_place_and_kept_readable()
    {
        byte[] content = [.. "a,b\nAnn,1\nJos"u8, 0xE9, .. ",2\nBob,3\n"u8];
        Assert.Equal([(2, null, "Ann,1"), (3, ReasonCode.NotUtf8, "Jos\\xE9,2"), (4, null, "Bob,3")], Read(content));
    }

    public static TheoryData<byte[]> NotUtf8 => new()
    {
        new byte[] { 0xC0, 0x80 },                      // overlong NUL
        new byte[] { 0xC1, 0xBF }, new byte[] { 0xE0, 0x80, 0xAF }, new byte[] { 0xF0, 0x80, 0x80, 0xAF },    // overlong slash and its like
        new byte[] { 0xED, 0xA0, 0x80 }, new byte[] { 0xED, 0xB0, 0x80 }, new byte[] { 0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80 },    // surrogates, alone and as a pair (CESU-8)
        new byte[] { 0xF4, 0x90, 0x80, 0x80 }, new byte[] { 0xF8, 0x88, 0x80, 0x80, 0x80 }, new byte[] { 0xFF }, new byte[] { 0xFE },    // beyond Unicode
        new byte[] { 0xE2, 0x82 }, new byte[] { 0x80 },  // cut short; a tail without its head
        new byte[] { 0xC3, 0xA9, 0xE9 },                 // é in UTF-8 and é in Windows-1252, in one cell
    };

    [Theory, MemberData(nameof(NotUtf8))]
    public void Whatever_is_no_text_spoils_its_row_alone_and_is_never_replaced_in_silence(byte[] bytes)
    {
        byte[] content = [.. "a,b\n1,2\nx"u8, .. bytes, .. ",2\n3,4\n"u8];
        var rows = Read(content);
        Assert.Equal([(2, null), (3, ReasonCode.NotUtf8), (4, null)], rows.Select(r => (r.Line, r.Problem)));
        Assert.Contains($"\\x{bytes[^1]:X2}", rows[1].Text, StringComparison.Ordinal);
        Assert.DoesNotContain('\uFFFD', rows[1].Text);
    }

    [Fact]
    public void A_row_without_end_is_set_aside_in_bounded_memory_and_reading_goes_on()
    {
        byte[] content = [.. "a,b\n1,2\n"u8, .. new byte[40_000_000], .. "\n3,4\n"u8];
        long before = GC.GetAllocatedBytesForCurrentThread();
        var rows = Read(content);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4_000_000);
        Assert.Equal([(2, null), (3, ReasonCode.RowTooLong), (4, null)], rows.Select(r => (r.Line, r.Problem)));
    }

    [Fact]
    public void A_first_row_without_end_is_set_aside_too() => Assert.Equal(
        [(2, ReasonCode.RowTooLong), (3, null)], Read("a,b\n" + new string('x', 2_000_000) + "\n1,2\n").Select(r => (r.Line, r.Problem)));

    [Fact]
    public void A_row_of_a_hundred_thousand_columns_is_one_bad_row() => Assert.Equal(
        [(2, null), (3, ReasonCode.TooManyFields), (4, null)], Read("a,b\n1,2\n" + new string(',', 99_999) + "\n3,4\n").Select(r => (r.Line, r.Problem)));

    [Fact]
    public void Ten_thousand_broken_quotes_are_ten_thousand_bad_rows()
    {
        var rows = Read("a,b\n" + string.Concat(Enumerable.Repeat("1,\"2\n", 10_000)) + "3,4\n");
        Assert.Equal(10_000, rows.Count(r => r.Problem == ReasonCode.QuoteNotClosed));
        Assert.Equal((10_002, null, "3,4"), rows[^1]);
    }

    public static TheoryData<byte[], string> Refused => new()
    {
        { [], "empty" },
        { Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes("a,b\n1,2\n")).ToArray(), "UTF-16" },
        { Encoding.BigEndianUnicode.GetPreamble().Concat(Encoding.BigEndianUnicode.GetBytes("a,b\n1,2\n")).ToArray(), "UTF-16" },
        { Encoding.UTF32.GetPreamble().Concat(Encoding.UTF32.GetBytes("a,b\n1,2\n")).ToArray(), "UTF-" },
        { Encoding.Unicode.GetBytes("a,b\n1,2\n"), "NUL" },
        { [.. "PK\u0003\u0004"u8, .. new byte[100]], "spreadsheet" },
        { Encoding.UTF8.GetBytes(new string(',', 99_999) + "\n"), "columns" },
        { Encoding.UTF8.GetBytes(new string('x', 1_000_000)), "header" },
        { "a;b;c\n1;2;3\n"u8.ToArray(), "commas" },
    };

    [Theory, MemberData(nameof(Refused))]
    public void A_file_that_is_no_such_file_is_refused_with_what_to_do(byte[] content, string says) =>
        Assert.Contains(says, Assert.Throws<FileRefusedException>(() => Read(content)).Message, StringComparison.OrdinalIgnoreCase);
}
