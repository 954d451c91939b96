using System.Text;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Uploads;

public class XlsxRowsTests
{
    static readonly object?[] Header = ["session_id", "practitioner_id", "patient_id", "started_at", "is_first_session", "max_depth_mm", "needle_expiry", "risk_note", "post_obs_minutes"];

    [Theory]
    [MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_sheet_gives_the_same_records_as_the_csv_file_of_the_same_cells(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners, "C1");
        // 2026-03-02 is day 46083 since 1899-12-30, and 09:30 is 9.5/24 of a day; London was on UTC then.
        byte[] sheet = Workbook.Of(
            Header,
            ["S1", "P1", "T1", new Workbook.Serial(46083 + 9.5 / 24, Time: true), true, 22.5, new Workbook.Serial(46500, Time: false), "=1+2 is no formula here", 10],
            [],
            [1002, "P2", "T2", "2026-03-02T09:30:00Z", "no", null, "2027-01-01", "with, comma and \"quotes\"", new Workbook.Formula("5*3", "15")]);
        string csv = string.Join(',', Header) + "\nS1,P1,T1,2026-03-02T09:30:00Z,true,22.5,2027-04-23,'=1+2 is no formula here,10\n1002,P2,T2,2026-03-02T09:30:00Z,no,,2027-01-01,\"with, comma and \"\"quotes\"\"\",15\n";

        var first = await installation.ImportAsync(sheet, "C1");
        var second = await installation.ImportAsync(csv, "C1");

        Assert.Equal((UploadStatus.Completed, 2, 0), (first.Status, first.RowsNew, first.RowsRejected));
        Assert.Equal((2, 0), (second.RowsSame, second.RowsRejected));
        await using var db = installation.Db();
        Assert.Equal(("S1", new DateTime(2026, 3, 2, 9, 30, 0), new DateOnly(2027, 4, 23), "=1+2 is no formula here", 2), await db.Sessions.Where(s => s.SessionId == "S1")
            .Select(s => new ValueTuple<string, DateTime, DateOnly?, string?, long>(s.SessionId, s.StartedAtUtc, s.NeedleExpiry, s.RiskNote, s.Line)).SingleAsync());
        Assert.Equal(4, (await db.Sessions.SingleAsync(s => s.SessionId == "1002")).Line);
    }

    [Fact]
    public void A_row_that_a_sheet_can_t_hold_faithfully_is_told_and_the_others_are_read()
    {
        using var rows = Open(Workbook.Of(
            ["event_id", "patient_id", "category"],
            [1234567890123456789.0, "T1", "FAINT"],
            ["E2", new Workbook.Formula("A1/0", "#DIV/0!", IsError: true), "FAINT"],
            ["E3", "T3", "FAINT", "stray"],
            ["E4", "T4", new string('x', CsvRows.LongestRow)],
            ["E5", "T5", "FAINT"]));
        var found = new List<(long, string?, string?)>();
        while (rows.Read()) found.Add((rows.Line, rows.Problem is { } p ? Codes.Of(p.Code) : null, rows.Problem?.Column));
        Assert.Equal([(2, "out_of_range", "event_id"), (3, "not_understood", "patient_id"), (4, "too_many_fields", null), (5, "row_too_long", "category"), (6, null, null)], found);
        Assert.Equal("T5", Encoding.UTF8.GetString(rows.Cell(1)));
        Assert.Equal("E5,T5,FAINT", rows.Original());
    }

    [Fact]
    public void The_first_visible_sheet_is_read_and_the_others_are_named()
    {
        using var rows = Open(Workbook.With([("Old", false, [["x"], ["1"]]), ("Records", true, [["a"], ["2"]]), ("Notes", true, [["b"], ["3"]])]));
        Assert.Equal(["a", "sheet “Notes”"], rows.Named);
        Assert.True(rows.Read());
        Assert.Equal("2", Encoding.UTF8.GetString(rows.Cell(0)));
        Assert.False(rows.Read());
    }

    [Fact]
    public async Task What_would_grow_or_reach_outside_is_refused_before_it_is_read()
    {
        await using var installation = await TestInstallation.OpenAsync();
        string million = $"<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><si><t>{new string('A', 140_000_000)}</t></si></sst>";
        string many = string.Concat(Enumerable.Repeat("<row/>", 20_000_000));
        const string outside = "<!DOCTYPE sst [<!ENTITY e SYSTEM \"file:///etc/hostname\">]><sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><si><t>&e;</t></si></sst>";
        // A few kilobytes, and deep enough to end a program that goes down by calling itself.
        string deep = string.Concat(Enumerable.Repeat("<ext>", 200_000)) + string.Concat(Enumerable.Repeat("</ext>", 200_000));
        const string main = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
        const string sheets = "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"R\" sheetId=\"1\" r:id=\"rId1\"/></sheets>";
        foreach (var (content, says) in new (byte[], string)[]
        {
            (Workbook.With([("R", true, [["event_id"]])], ("xl/workbook.xml", $"<workbook {main} {sheets}<extLst>{deep}</extLst></workbook>")), "damaged"),
            (Workbook.With([("R", true, [["event_id"]])], ("xl/styles.xml", $"<styleSheet {main}>{deep}<cellXfs count=\"1\"><xf numFmtId=\"0\"/></cellXfs></styleSheet>")), "damaged"),
            (Workbook.With([("R", true, [["event_id"]])], ("xl/sharedStrings.xml", $"<sst {main}><si>{deep}</si></sst>")), "damaged"),
            (Workbook.With([("R", true, [["event_id"]])], ("xl/worksheets/sheet1.xml", $"<worksheet {main}><sheetData>{deep}</sheetData></worksheet>")), "damaged"),
            (Workbook.With([("R", true, [["event_id"]])], ("xl/sharedStrings.xml", million)), "grows"),
            (Workbook.With([("R", true, [["event_id"]])], ("xl/worksheets/sheet9.xml", many)), "grows"),
            (Workbook.With([("R", true, [["event_id"]])], [.. Enumerable.Range(0, 1001).Select(i => ($"xl/media/{i}.xml", ""))]), "grows"),
            (Workbook.With([("R", true, [["event_id"]])], ("xl/sharedStrings.xml", outside)), "damaged"),
            (Workbook.With([("R", true, [["event_id"]])], ("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row>")), "damaged"),
            (Workbook.With([("R", false, [["event_id"]])]), "no visible sheet"),
            (Workbook.Of(), "empty"),
            (Workbook.Of([.. Enumerable.Range(0, 201).Select(i => (object?)$"c{i}")]), "201 columns"),
            (Workbook.Zip(("content.xml", "<office/>")), "archive"),
        })
        {
            var refused = await Assert.ThrowsAsync<FileRefusedException>(() => installation.ReceiveAsync(content, "file.xlsx"));
            Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        }
        await using var db = installation.Db();
        Assert.Empty(await db.Uploads.ToListAsync());
    }

    [Fact]
    public void A_part_that_understates_its_size_is_not_unpacked_beyond_it()
    {
        string texts = $"<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><si><t>{new string('A', 50_000_000)}</t></si></sst>";
        byte[] file = Workbook.With([("R", true, [["event_id"]])], ("xl/sharedStrings.xml", texts));
        // The size stands in the part's own header and in the directory at the end.
        int places = 0;
        for (int at; (at = file.AsSpan().IndexOf(BitConverter.GetBytes(texts.Length))) >= 0; places++) BitConverter.GetBytes(1000).CopyTo(file, at);
        Assert.InRange(places, 1, 2);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.ThrowsAny<Exception>(() => Open(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
    }

    static Rows Open(byte[] content) => Rows.OpenTable(() => new MemoryStream(content));
}
