using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Tests.Host;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Fhir;

/// <summary>FHIR files from the door to the figures.</summary>
public class FhirImportTests
{
    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task In_any_order_and_any_wrapping_a_file_gives_the_state_of_the_same_rows_as_csv(DatabaseProvider provider)
    {
        await using var csv = await TestInstallation.OpenAsync(provider);
        await csv.ImportAsync("practitioner_id,display_name,clinic_id,role,licence_number,licence_issued,licence_expires,thoracic_competency_on\nP1,Ada Ash,C1,doctor,L-77,2015-01-01,2030-12-31,2019-05-04\n");
        await csv.ImportAsync("session_id,clinic_id,practitioner_id,patient_id,started_at,ended_at,status,is_first_session,regions,muscles,sides,needles_inserted\nS1,C1,P1,T1,2026-03-02T10:00:00Z,2026-03-02T10:40:00Z,completed,yes,;shoulder,trapezius;infraspinatus,left;,6\n");
        await csv.ImportAsync("event_id,patient_id,category,onset_at,detected_at,recorded_at,session_id,severity,seriousness,causality,outcome,reporter_role,narrative\nE1,T1,BRUISE_MINOR,2026-03-02T12:00:00+01:00,2026-03-02T13:00:00Z,2026-03-02T15:00:00Z,S1,mild,non_serious,probable,resolved_with_sequelae,practitioner,a blue spot\n");
        string expected = await csv.DigestAsync();
        Assert.Contains("observed C1 P1 2026-03-02 BRUISE_MINOR 1", expected, StringComparison.Ordinal);

        var random = new Random(7);
        for (int order = 0; order < 4; order++)
        {
            string[] resources = [.. FhirSamples.All];
            random.Shuffle(resources);
            foreach (string file in new[] { FhirSamples.Lines(resources), FhirSamples.BundleOf("searchset", resources), FhirSamples.BundleOf("message", resources) })
            {
                await using var installation = await TestInstallation.OpenAsync(provider);
                Assert.Equal([(1, 0), (1, 0), (1, 0)], await ImportAsync(installation, file, clinic: null));
                Assert.Equal(expected, await installation.DigestAsync());
            }
        }
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task The_same_bundle_again_and_again_changes_nothing_and_other_content_is_a_version(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        string bundle = FhirSamples.BundleOf("transaction", FhirSamples.All);
        await ImportAsync(installation, bundle, clinic: null);
        string once = await installation.DigestAsync();
        for (int again = 2; again <= 5; again++)
        {
            Assert.Equal([(0, 0), (0, 0), (0, 0)], await ImportAsync(installation, again == 3 ? FhirSamples.Lines(FhirSamples.All.Reverse()) : bundle, clinic: null));
            Assert.Equal(once, await installation.DigestAsync());
        }
        await ImportAsync(installation, bundle.Replace("a blue spot", "a blue and green spot"), clinic: null);
        await using var db = installation.Db();
        Assert.Equal([(1, true), (2, false)], (await db.AdverseEvents.OrderBy(e => e.Version).ToListAsync()).Select(e => (e.Version, e.SupersededAtUtc != null)));
        Assert.Equal((1, 1), (await db.Sessions.CountAsync(), await db.Practitioners.CountAsync()));
        Assert.Empty(await VerifyRecords.RunAsync(db, default).ToListAsync());
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Bad_resources_wait_in_quarantine_with_their_text_and_the_good_ones_are_in(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        string late = FhirSamples.AdverseEvent.Replace("\"ae1\"", "\"ae2\"").Replace("\"E1\"", "\"E2\"").Replace("2026-03-02T12:00:00+01:00", "2026-03-02");
        string file = FhirSamples.Lines([.. FhirSamples.All, late]) + "{\"resourceType\":\"AdverseEvent\",\"id\":\"cut\n" + "{\"resourceType\":\"Observation\",\"id\":\"o\"}\n";
        var uploads = await installation.ReceiveAllAsync(Encoding.UTF8.GetBytes(file), "export.ndjson");
        await installation.Services.CatchUpAsync(null, default);

        // What can't be read is told once, with the first kind.
        var broken = Assert.Single(await installation.RejectedAsync(uploads[0]));
        Assert.Equal((9, ReasonCode.NotJson, "{\"resourceType\":\"AdverseEvent\",\"id\":\"cut"), (broken.Line, broken.Reasons[0].Code, broken.Text));
        Assert.StartsWith("Resource 9: It is not JSON", broken.Reasons[0].Remedy, StringComparison.Ordinal);
        Assert.Empty(await installation.RejectedAsync(uploads[1]));
        var dated = Assert.Single(await installation.RejectedAsync(uploads[2]));
        Assert.Equal((8, "E2", late.ReplaceLineEndings(" ")), (dated.Line, dated.RecordId, dated.Text));
        Assert.Equal([new Reason(ReasonCode.NotAnInstant, "AdverseEvent.date", "2026-03-02",
            "AdverseEvent/ae2, AdverseEvent.date: onset_at must be a date and time as yyyy-MM-ddTHH:mm:ssZ or with an offset such as +01:00.")], dated.Reasons);
        await using var db = installation.Db();
        var kept = await db.Uploads.OrderBy(u => u.Id).ToListAsync();
        Assert.Equal([RecordKind.Practitioners, RecordKind.Sessions, RecordKind.Events], kept.Select(u => u.Kind));
        Assert.Contains("Observation", kept[0].UnknownColumns.Split(", "));
        Assert.Equal("Procedure.extension(https://other.example/mood), Procedure.note", kept[1].UnknownColumns);
        Assert.Equal("AdverseEvent.resultingCondition", kept[2].UnknownColumns);
        Assert.Single(kept.Select(u => u.Fingerprint).Distinct());

        // Mended and sent alone, with those it refers to, it closes what waits.
        await ImportAsync(installation, FhirSamples.Lines(FhirSamples.Patient, FhirSamples.Procedure, FhirSamples.Practitioner, FhirSamples.Role, FhirSamples.Organization, FhirSamples.Encounter, late.Replace("2026-03-02\"", "2026-03-02T12:00:00Z\"")), clinic: null);
        Assert.Equal([(1L, QuarantineClosure.Accepted)], await db.QuarantinedRows.Where(q => q.ClosedAtUtc != null).GroupBy(q => q.Closure).Select(g => new ValueTuple<long, QuarantineClosure>(g.Count(), g.Key!.Value)).ToListAsync());
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_worker_killed_in_the_middle_loses_nothing_and_doubles_nothing(DatabaseProvider provider)
    {
        string file = FhirSamples.Lines(Clinic(9000));
        await using var straight = await TestInstallation.OpenAsync(provider);
        await ImportAsync(straight, file, clinic: null);
        await using var killed = await TestInstallation.OpenAsync(provider);
        await killed.ReceiveAllAsync(Encoding.UTF8.GetBytes(file));
        foreach (long wanted in new[] { 1L, 5_001, 9_001 })
        {
            using var worker = KillTests.StartWorker(killed);
            await KillTests.UntilAsync(killed, async db => await db.Uploads.SumAsync(u => u.RowsRead) >= wanted, worker);
            worker.KillHard();
        }
        using (var worker = KillTests.StartWorker(killed))
            await KillTests.UntilAsync(killed, async db => await db.Uploads.AllAsync(u => u.Status == UploadStatus.Completed) && !await db.StaleDays.AnyAsync(), worker);
        await killed.EvaluateAsync();
        Assert.Equal(await straight.DigestAsync(), await killed.DigestAsync());
        await using var records = killed.Db();
        Assert.Equal((9000, 900), (await records.Sessions.CountAsync(), await records.AdverseEvents.CountAsync()));
        Assert.Empty(await VerifyRecords.RunAsync(records, default).ToListAsync());
    }

    [Fact]
    public async Task A_dry_run_knows_the_practitioners_that_come_in_the_same_file()
    {
        await using var installation = await TestInstallation.OpenAsync();
        string path = Path.Combine(installation.Directory, "care.json");
        await File.WriteAllTextAsync(path, FhirSamples.Bundle(FhirSamples.All.Reverse()));
        var results = await installation.Services.GetRequiredService<ProcessUploads>().DryRunAsync(path, null, null, null, default);
        Assert.Equal([(RecordKind.Practitioners, 1L, 0L), (RecordKind.Sessions, 1L, 0L), (RecordKind.Events, 1L, 0L)], results.Select(r => (r.Upload.Kind, r.Upload.RowsNew, r.Upload.RowsRejected)));
        await using var db = installation.Db();
        Assert.Equal(0, await db.Uploads.CountAsync());
    }

    [Fact]
    public async Task One_kind_of_a_file_can_be_taken_alone()
    {
        await using var installation = await TestInstallation.OpenAsync();
        var receive = installation.Services.GetRequiredService<ReceiveUpload>();
        byte[] file = Encoding.UTF8.GetBytes(FhirSamples.Bundle(FhirSamples.Practitioner, FhirSamples.AdverseEvent));
        Assert.Equal([RecordKind.Events], (await receive.ReceiveAsync(new MemoryStream(file), "a.json", RecordKind.Events, null, SafetyAudit.Access.Actor.CommandLine, default)).Select(u => u.Kind));
        var refused = await Assert.ThrowsAsync<FileRefusedException>(() => receive.ReceiveAsync(new MemoryStream(file), "a.json", RecordKind.Sessions, null, SafetyAudit.Access.Actor.CommandLine, default));
        Assert.Equal("The file has no sessions; it has practitioners and events.", refused.Message);
    }

    [Theory]
    [InlineData("""{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Practitioner","id":"p"}}""", "The Bundle is not JSON that can be read: entry 2")]
    [InlineData("""{"resourceType":"Bundle","type":"collection"}""", "The file holds no FHIR resource that can be read")]
    [InlineData("[1,2]", "The file is JSON, and its first object is no record")]
    [InlineData("{\"resourceType\":", "The file holds no FHIR resource that can be read")]
    public async Task A_file_that_is_no_fhir_is_refused_and_not_kept(string content, string why)
    {
        await using var installation = await TestInstallation.OpenAsync();
        var refused = await Assert.ThrowsAsync<FileRefusedException>(() => installation.ReceiveAllAsync(Encoding.UTF8.GetBytes(content)));
        Assert.StartsWith(why, refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(installation.Directory, "uploads")));
    }

    [Fact]
    public async Task A_text_that_begins_like_a_formula_stays_as_it_is_and_numbers_without_measure_are_refused()
    {
        await using var installation = await TestInstallation.OpenAsync();
        string[] resources = [.. FhirSamples.All.Select(r => r.Replace("a blue spot", "'=1+1; \\u0022quoted\\u0022, and more").Replace("\"valueInteger\":6", "\"valueDecimal\":1e999"))];
        var uploads = await installation.ReceiveAllAsync(Encoding.UTF8.GetBytes(FhirSamples.Lines(resources)));
        await installation.Services.CatchUpAsync(null, default);
        Assert.Equal([new Reason(ReasonCode.NotANumber, "Procedure.extension[0].valueDecimal", "1e999", "Procedure/proc1, Procedure.extension[0].valueDecimal: needles_inserted must be a number with a point for decimals, such as 12.5.")],
            Assert.Single(await installation.RejectedAsync(uploads[1])).Reasons);
        await using var db = installation.Db();
        Assert.Equal("'=1+1; \"quoted\", and more", (await db.AdverseEvents.SingleAsync()).Narrative);
    }

    /// <summary>New and rejected rows of each kind in the file.</summary>
    internal static async Task<List<(long New, long Rejected)>> ImportAsync(TestInstallation installation, string file, string? clinic = "C1")
    {
        var uploads = await installation.ReceiveAllAsync(Encoding.UTF8.GetBytes(file), "file.json", clinic);
        await installation.Services.CatchUpAsync(null, default);
        await using var db = installation.Db();
        var ids = uploads.Select(u => u.Id).ToList();
        var read = await db.Uploads.Where(u => ids.Contains(u.Id)).OrderBy(u => u.Id).ToListAsync();
        Assert.All(read, u => Assert.True(u.Status == UploadStatus.Completed, u.Failure));
        return read.ConvertAll(u => (u.RowsNew, u.RowsRejected));
    }

    // Every session before its encounter, every tenth with an event that stands before it; patients last.
    static IEnumerable<string> Clinic(int sessions)
    {
        for (int i = 0; i < sessions; i++)
        {
            string day = new DateTime(2026, 1, 5, 9, 0, 0, DateTimeKind.Utc).AddMinutes(i * 10).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            string patient = $"pat{i % 700}";
            if (i % 10 == 0)
                yield return FhirSamples.AdverseEvent.Replace("\"E1\"", $"\"E{i}\"").Replace("2026-03-02T12:00:00+01:00", day).Replace("Procedure/proc1", $"Procedure/proc{i}").Replace("Patient/pat1", $"Patient/{patient}");
            yield return FhirSamples.Procedure.Replace("\"S1\"", $"\"S{i}\"").Replace("\"proc1\"", $"\"proc{i}\"").Replace("Encounter/e1", $"Encounter/e{i}").Replace("Patient/pat1", $"Patient/{patient}");
            yield return FhirSamples.Encounter.Replace("\"e1\"", $"\"e{i}\"").Replace("2026-03-02T10:00:00Z", day).Replace(",\"end\":\"2026-03-02T10:40:00Z\"", "");
        }
        for (int p = 0; p < 700; p++) yield return FhirSamples.Patient.Replace("\"pat1\"", $"\"pat{p}\"").Replace("\"T1\"", $"\"T{p}\"");
        foreach (string resource in new[] { FhirSamples.Role, FhirSamples.Organization, FhirSamples.Practitioner }) yield return resource;
    }
}
