using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Protocol;
using SafetyAudit.Reports;
using SafetyAudit.Sessions;

namespace SafetyAudit.Tests.Reports;

public class IncidentReportTests
{
    const string Event = "event_id,patient_id,category,onset_at,detected_at,recorded_at,session_id,clinic_id,severity,ctcae_grade,seriousness,causality,outcome,resolved_at,medical_attention,action_taken,reporter_role,report_channel,body_region,narrative\n"
        + "E1,T1,PNEUMOTHORAX,2026-03-02T12:00:00Z,2026-03-02T13:30:00Z,2026-03-02T15:00:00Z,S1,C1,severe,3,serious_results_in_hospitalization,probable,resolved,2026-03-05T09:00:00Z,admitted,sent to hospital,practitioner,practitioner,shoulder,short of breath at home\n";

    static async Task<TestInstallation> OpenAsync(DatabaseProvider provider)
    {
        var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        await using (var db = installation.Db())
        {
            db.ClinicProtocols.Add(new ClinicProtocol { ClinicId = "C1", EffectiveFrom = new(2020, 1, 1), Jurisdictions = ["GB", "US-FL"], DecidedBy = "anna", DecidedAtUtc = installation.Clock.UtcNow() });
            await db.SaveChangesAsync();
        }
        await installation.ImportAsync(Event);
        return installation;
    }

    static string Said(ReportDocument report) => string.Join('\n', report.Sections.SelectMany(s => s.Blocks.SelectMany(b => b is ReportTable t ? t.Rows.Select(r => string.Join(" | ", r.Select(c => c is DateTime at ? at.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : Convert.ToString(c, CultureInfo.InvariantCulture)))) : b is Paragraph p ? [p.Text] : [])));

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task It_tells_what_happened_in_order_and_drafts_each_report_that_may_be_due(DatabaseProvider provider)
    {
        await using var installation = await OpenAsync(provider);
        await using var db = installation.Db(Actor.CommandLine);
        var report = (await IncidentReport.ReadAsync(db, "E1", "C1", "1.0", installation.Clock.UtcNow(), default))!;

        var timeline = report.Tables.Single(t => t.Name == "timeline").Rows;
        Assert.Equal(timeline.Select(r => r[0]).Order(), timeline.Select(r => r[0]));
        Assert.Equal(["Session began", "Onset", "Found", "Written down", "Over"], timeline.Select(r => (string)r[1]!).Where(w => w is "Session began" or "Onset" or "Found" or "Written down" or "Over"));
        Assert.Contains(timeline, r => r[1] is "Record came: version 1" && r[3] is "file.csv, line 2");
        Assert.Contains(timeline, r => r[1] is "Alert raised");
        Assert.Contains(timeline, r => r[1] is "Review: Opened");
        // Admitted to hospital: RIDDOR in Great Britain and the adverse medical incident of Florida apply without being verified.
        Assert.Equal(["Draft: Florida physical therapy: adverse medical incident", "Draft: RIDDOR 2013"], report.Sections.Select(s => s.Title).Where(t => t.StartsWith("Draft", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        string said = Said(report);
        Assert.Contains("Harm | severe", said, StringComparison.Ordinal);
        Assert.Contains("to be written by hand", said, StringComparison.Ordinal);
        Assert.Contains("short of breath at home", said, StringComparison.Ordinal);
        Assert.Null(await IncidentReport.ReadAsync(db, "E1", null, "1.0", installation.Clock.UtcNow(), default));
    }

    [Fact]
    public async Task Free_text_is_kept_from_who_may_not_read_it_and_an_event_out_of_reach_is_not_there()
    {
        await using var installation = await OpenAsync(DatabaseProvider.Sqlite);
        var reader = new Actor(ActorKind.Person, "eva", "", new HashSet<Permission> { Permission.ReadRecords, Permission.ReadFigures }, new Scope(["C1"]));
        await using var db = installation.Db(reader);
        string said = Said((await IncidentReport.ReadAsync(db, "E1", "C1", "1.0", installation.Clock.UtcNow(), default))!);
        Assert.DoesNotContain("short of breath", said, StringComparison.Ordinal);
        Assert.DoesNotContain("sent to hospital", said, StringComparison.Ordinal);
        Assert.DoesNotContain("short of breath", Encoding.UTF8.GetString(EventResource.Write(await db.Current<AdverseEvent>().SingleAsync(), mayReadText: false)), StringComparison.Ordinal);
        await using var elsewhere = installation.Db(reader with { Scope = new Scope(["C2"]) });
        Assert.Null(await IncidentReport.ReadAsync(elsewhere, "E1", "C1", "1.0", installation.Clock.UtcNow(), default));
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Given_away_as_a_FHIR_resource_and_read_again_it_is_the_same_event(DatabaseProvider provider)
    {
        await using var installation = await OpenAsync(provider);
        byte[] resource;
        AdverseEvent sent;
        await using (var db = installation.Db())
        {
            sent = await db.Current<AdverseEvent>().SingleAsync();
            resource = EventResource.Write(sent, mayReadText: true);
        }
        using var json = JsonDocument.Parse(resource);
        Assert.Equal(("AdverseEvent", "actual", "severe"), (json.RootElement.GetProperty("resourceType").GetString(), json.RootElement.GetProperty("actuality").GetString(), json.RootElement.GetProperty("contained")[0].GetProperty("extension")[0].GetProperty("valueCode").GetString()));

        await using var other = await TestInstallation.OpenAsync(provider);
        await other.ImportAsync(Samples.Practitioners);
        await other.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        await other.ReceiveAllAsync(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(resource).ReplaceLineEndings("") + "\n"), "event.ndjson");
        await other.Services.GetRequiredService<SafetyAudit.Uploads.ProcessUploads>().DrainAsync(null, default);
        await using var there = other.Db();
        var read = await there.Current<AdverseEvent>().SingleAsync();
        foreach (var property in there.Model.FindEntityType(typeof(AdverseEvent))!.GetProperties().Where(p => p.PropertyInfo is not null && p.Name is not ("Id" or "UploadId" or "Line" or "ReceivedAtUtc" or "Digest")))
            Assert.Equal(property.PropertyInfo!.GetValue(sent), property.PropertyInfo.GetValue(read));
    }
}
