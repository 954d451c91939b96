using System.Net;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Host;
using SafetyAudit.Sessions;
using SafetyAudit.Tests.Host;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Uploads;

public class MappedRowsTests
{
    [Theory]
    [InlineData("31/03/2026", "DayMonthYear", "Day", "2026-03-31")]
    [InlineData("3/31/2026", "MonthDayYear", "Day", "2026-03-31")]
    [InlineData("03.04.2025", "DayMonthYear", "Day", "2025-04-03")]
    [InlineData("03/04/2025", "MonthDayYear", "Day", "2025-03-04")]
    [InlineData("2026/3/1", "DayMonthYear", "Day", "2026-03-01")]
    [InlineData("2026-03-01 00:00:00", "YearMonthDay", "Day", "2026-03-01")]
    [InlineData("31/03/2026 9:05 AM", "DayMonthYear", "Instant", "2026-03-31T09:05")]
    [InlineData("31/03/2026 12:05 am", "DayMonthYear", "Instant", "2026-03-31T00:05")]
    [InlineData("31/03/2026 12:05 pm", "DayMonthYear", "Instant", "2026-03-31T12:05")]
    [InlineData("31/03/2026, 21:05:59", "DayMonthYear", "Instant", "2026-03-31T21:05:59")]
    [InlineData("2026-03-31T09:05:00+01:00", "YearMonthDay", "Instant", "2026-03-31T09:05:00+01:00")]
    // What can't be told stays as it is, and is refused with its reason.
    [InlineData("03/04/2025", "YearMonthDay", "Day", "03/04/2025")]
    [InlineData("03/04/25", "DayMonthYear", "Day", "03/04/25")]
    [InlineData("31/03/2026 13:05 PM", "DayMonthYear", "Instant", "31/03/2026 13:05 PM")]
    [InlineData("2026-03-01 09:30:00", "YearMonthDay", "Day", "2026-03-01T09:30:00")]
    [InlineData("yesterday", "DayMonthYear", "Day", "yesterday")]
    public void Dates_are_read_in_the_order_that_someone_said_and_never_guessed(string written, string order, string holds, string becomes) =>
        Assert.Equal(becomes, MappedRows.DateIn(written, Enum.Parse<DateOrder>(order), Enum.Parse<Holds>(holds)));

    [Theory]
    [InlineData("Cliniko", "id,practitioner_id,patient_id,starts_at,ends_at,did_not_arrive,cancelled_at,notes\n1,P1,T1,2026-03-02T09:00:00Z,2026-03-02T09:30:00Z,false,,x\n2,P1,T2,2026-03-02T10:00:00Z,2026-03-02T10:30:00Z,true,,\n3,P1,T3,2026-03-02T11:00:00Z,2026-03-02T11:30:00Z,false,2026-03-01T08:00:00Z,\n")]
    [InlineData("Nookal", "ID,practitionerID,patientID,appointmentDate,appointmentStartTime,appointmentEndTime,cancelled\n1,P1,T1,2026-03-02,09:00:00,09:30:00,0\n3,P1,T3,2026-03-02,11:00:00,11:30:00,1\n")]
    [InlineData("OpenEMR", "pc_eid,pc_aid,pc_pid,pc_eventDate,pc_startTime,pc_endTime,pc_apptstatus\n1,P1,T1,2026-03-02,09:00:00,09:30:00,>\n2,P1,T2,2026-03-02,10:00:00,10:30:00,?\n3,P1,T3,2026-03-02,11:00:00,11:30:00,x\n")]
    public async Task A_preset_makes_sessions_of_a_system_s_appointments(string system, string content)
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners, "C1");
        var upload = await KeepAsync(installation, content);
        var choose = installation.Services.GetRequiredService<ChooseColumns>();
        var mapping = MappingPresets.Suggest(choose.HeadOf(upload).Headers, null);
        Assert.Equal(system, mapping.Name);
        await using (var db = installation.Db())
        {
            var preview = await choose.PreviewAsync(db, upload, mapping, default);
            Assert.Equal((preview.Read, preview.Read), (preview.Good, content.Count(c => c == '\n') - 1));
            Assert.True(await choose.ReadSoAsync(db, upload, mapping, default));
            // Whoever presses second finds it done.
            Assert.False(await choose.ReadSoAsync(db, upload, MappingPresets.Suggest(choose.HeadOf(upload).Headers, null), default));
        }
        await installation.Services.CatchUpAsync(null, default);
        await using var after = installation.Db();
        Assert.Equal((UploadStatus.Completed, 0L), await after.Uploads.Where(u => u.Id == upload.Id).Select(u => new ValueTuple<UploadStatus, long>(u.Status, u.RowsRejected)).SingleAsync());
        var sessions = await after.Sessions.OrderBy(s => s.SessionId).Select(s => new { s.SessionId, s.Status, s.StartedAtUtc, s.EndedAtUtc }).ToListAsync();
        Assert.Equal(("1", SessionStatus.Completed, new DateTime(2026, 3, 2, 9, 0, 0), new DateTime(2026, 3, 2, 9, 30, 0)), (sessions[0].SessionId, sessions[0].Status, sessions[0].StartedAtUtc, sessions[0].EndedAtUtc));
        Assert.Equal(("3", SessionStatus.Cancelled), (sessions[^1].SessionId, sessions[^1].Status));
        if (sessions.Count == 3) Assert.Equal(("2", SessionStatus.NoShow), (sessions[1].SessionId, sessions[1].Status));

        // The next file with that header, in another order of its columns, needs no choosing.
        string[] names = content.Split('\n')[0].Split(','), cells = content.Split('\n')[1].Split(',');
        var next = await installation.ImportAsync(string.Join(',', names.Reverse()) + "\n" + string.Join(',', cells.Reverse().Select(c => c == "1" ? "11" : c)) + "\n", "C1");
        Assert.Equal((UploadStatus.Completed, 1L, 0L), (next.Status, next.RowsNew, next.RowsRejected));
        // And every check of what is kept holds.
        Assert.Empty(await VerifyRecords.RunAsync(after, default).ToListAsync());
    }

    [Fact]
    public async Task A_file_from_elsewhere_is_kept_mapped_looked_at_and_read_on_the_pages()
    {
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            await WebTests.MakeDirectorAsync(services);
            await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(Samples.Practitioners)), "p.csv", null, "C1", Actor.CommandLine, default);
            await services.CatchUpAsync(null, default);
        }, TimeProvider.System);
        using var director = await WebTests.SignedInAsync(dashboard);
        await director.GetAsync("/uploads");
        const string content = "Visit No,Therapist,Client,When,Came\nV1,P1,T1,31/03/2026 9:05 AM,Attended\nV2,P1,T2,01/04/2026 9:05 AM,\"Did, not\"\n";
        using var form = new MultipartFormDataContent { { new StringContent(WebTests.Token(director.Text)), "__RequestVerificationToken" }, { new StringContent(""), "kind" }, { new StringContent("C1"), "clinic" }, { new StringContent(content), "file", "visits.csv" } };
        Assert.Equal(HttpStatusCode.Redirect, await director.SendAsync(new(HttpMethod.Post, "/uploads") { Content = form }));
        string page = director.Answer.Headers.Location!.ToString();
        Assert.EndsWith("/columns", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync(page));
        Assert.Contains("Did, not", director.Text, StringComparison.Ordinal);

        var chosen = new Dictionary<string, string>
        {
            ["kind"] = "sessions", ["name"] = "Front desk", ["dates"] = "day_month_year", ["c.session_id"] = "Visit No", ["c.practitioner_id"] = "Therapist", ["c.patient_id"] = "Client",
            ["c.started_at"] = "When", ["c.status"] = "Came", ["c.technique"] = ColumnsModelAlways, ["a.technique"] = "superficial",
        };
        // Without a meaning for the file's words the rows would be rejected, and the page asks.
        Assert.Equal(HttpStatusCode.OK, await director.PostAsync(page, chosen, page));
        Assert.Contains("0 would be taken", director.Text, StringComparison.Ordinal);
        Assert.Contains("code_unknown", director.Text, StringComparison.Ordinal);
        Assert.Contains("m.status.1.word", director.Text, StringComparison.Ordinal);
        (chosen["m.status.0.word"], chosen["m.status.0.is"], chosen["m.status.1.word"], chosen["m.status.1.is"]) = ("Attended", "completed", "Did, not", "no_show");
        Assert.Equal(HttpStatusCode.OK, await director.PostAsync(page, chosen, page));
        Assert.Contains("2 would be taken", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAsync(page, chosen, page + "?handler=read"));
        await dashboard.CatchUpAsync();
        await using (var db = WebTests.Db(dashboard))
            Assert.Equal([("V1", SessionStatus.Completed, "superficial"), ("V2", SessionStatus.NoShow, "superficial")],
                await db.Sessions.OrderBy(s => s.SessionId).Select(s => new ValueTuple<string, SessionStatus?, string?>(s.SessionId, s.Status, s.Technique)).ToListAsync());

        // A required column in no column can't be read; the page says so and keeps the file.
        await director.GetAsync("/uploads");
        using var other = new MultipartFormDataContent { { new StringContent(WebTests.Token(director.Text)), "__RequestVerificationToken" }, { new StringContent("a,b\n1,2\n"), "file", "other.csv" } };
        await director.SendAsync(new(HttpMethod.Post, "/uploads") { Content = other });
        page = director.Answer.Headers.Location!.ToString();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await director.PostAsync(page, new() { ["kind"] = "sessions", ["name"] = "x", ["c.session_id"] = "a" }, page + "?handler=read"));
        Assert.Contains("The header lacks practitioner_id", director.Text, StringComparison.Ordinal);
    }

    const string ColumnsModelAlways = "#always";

    static async Task<Upload> KeepAsync(TestInstallation installation, string content)
    {
        var upload = Assert.Single(await installation.Services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(content)), "export.csv", null, "C1", Actor.CommandLine, default, new(MayAsk: true)));
        Assert.Equal(UploadStatus.NeedsColumns, upload.Status);
        // Without someone to ask it is refused as ever.
        await Assert.ThrowsAsync<ColumnsUnknownException>(() => installation.ReceiveAsync(Encoding.UTF8.GetBytes(content), clinic: "C1"));
        return upload;
    }
}
