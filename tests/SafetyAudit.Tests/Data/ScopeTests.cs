using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Cases;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Notices;
using SafetyAudit.Protocol;
using SafetyAudit.Reports;
using SafetyAudit.Sessions;
using SafetyAudit.Summaries;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Data;

/// <summary>The filters that keep a database context within its actor's scope: which there are, and that each of them holds something back, so that none can be lost or loosened unseen.</summary>
public class ScopeTests
{
    const string Clinic = SafetyAuditDb.ClinicScope, Own = SafetyAuditDb.OwnScope, Upload = SafetyAuditDb.UploadScope;

    /// <summary>Which filters each kind of record has, written down here a second time.</summary>
    static readonly Dictionary<Type, string[]> Filters = new()
    {
        [typeof(Clinic)] = [Clinic, Own], [typeof(Session)] = [Clinic, Own], [typeof(AdverseEvent)] = [Clinic, Own], [typeof(Practitioner)] = [Clinic, Own], [typeof(FollowUp)] = [Clinic, Own],
        [typeof(DailyExposure)] = [Clinic, Own], [typeof(MonitoredPractitioner)] = [Clinic, Own], [typeof(DailyObserved)] = [Clinic, Own], [typeof(DailyAdherence)] = [Clinic, Own], [typeof(DailyQuality)] = [Clinic, Own], [typeof(EventStep)] = [Clinic, Own], [typeof(ClinicProtocol)] = [Clinic], [typeof(Alert)] = [Clinic, Own], [typeof(Case)] = [Clinic, Own], [typeof(CaseEntry)] = [Clinic, Own],
        [typeof(LinkDecision)] = [Clinic], [typeof(PatientRisk)] = [Clinic], [typeof(ColumnMapping)] = [Clinic], [typeof(ReportLink)] = [Clinic], [typeof(QuarantinedRow)] = [Clinic], [typeof(Upload)] = [Upload],
        [typeof(Delivery)] = [Clinic], [typeof(StaleDay)] = [Clinic], [typeof(StaleClinic)] = [Clinic], [typeof(ApiKey)] = [Clinic], [typeof(Notice)] = [Clinic], [typeof(Webhook)] = [Clinic], [typeof(Report)] = [Clinic], [typeof(KeptReportFile)] = [Clinic], [typeof(ReportSchedule)] = [Clinic], [typeof(AuditEntry)] = [Clinic],
        // One's own list, whatever one reaches.
        [typeof(SavedView)] = [SafetyAuditDb.ReaderScope],
    };

    /// <summary>What someone who sees their own figures alone has no part in at all.</summary>
    static readonly Type[] NobodysOwn = [typeof(LinkDecision), typeof(PatientRisk), typeof(ColumnMapping), typeof(ReportLink), typeof(QuarantinedRow), typeof(Upload), typeof(Notice), typeof(Webhook), typeof(Report), typeof(KeptReportFile), typeof(ReportSchedule)];

    [Fact]
    public async Task Each_filter_holds_back_what_no_other_does()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await FillAsync(installation);
        await using (var db = installation.Db())
            Assert.Equal(Filters.SelectMany(f => f.Value.Select(name => $"{f.Key.Name} {name}")).Order(StringComparer.Ordinal),
                db.Model.GetEntityTypes().SelectMany(e => e.GetDeclaredQueryFilters().Select(f => $"{e.ClrType.Name} {f.Key}")).Order(StringComparer.Ordinal));
        foreach (var (kind, names) in Filters)
            foreach (string name in names)
            {
                var seen = await ReadAsync(installation, kind, name == Own ? OneOwn : OneClinic, []);
                var without = await ReadAsync(installation, kind, name == Own ? OneOwn : OneClinic, [name]);
                Assert.True(seen.Count > 0 && seen.Count < without.Count, $"{kind.Name}: with the filter '{name}' {seen.Count} are seen, without it {without.Count}");
                string property = name == Own ? "PractitionerId" : kind == typeof(Clinic) ? "Id" : kind == typeof(AdverseEvent) || kind == typeof(FollowUp) ? "LinkedClinicId" : "ClinicId";
                if (kind.GetProperty(property) is { } belongs && !(name == Own && kind == typeof(AdverseEvent)))
                    Assert.All(seen, record => Assert.Equal(name == Own ? "P1" : "C1", belongs.GetValue(record)));
            }
        foreach (var kind in NobodysOwn) Assert.Empty(await ReadAsync(installation, kind, OneOwn, []));
        foreach (var kind in Filters.Keys.Where(k => k != typeof(SavedView))) Assert.Empty(await ReadAsync(installation, kind, Scope.Nothing, []));
        Assert.Equal(["E1"], (await ReadAsync(installation, typeof(AdverseEvent), OneOwn, [])).ConvertAll(e => ((AdverseEvent)e).EventId));
        Assert.Single(await ReadAsync(installation, typeof(Case), OneOwn, []));
        Assert.All(await ReadAsync(installation, typeof(CaseEntry), OneOwn, []), e => Assert.Equal(CaseEntryKind.Reply, ((CaseEntry)e).Kind));
        Assert.Equal(["F1"], (await ReadAsync(installation, typeof(FollowUp), OneOwn, [])).ConvertAll(f => ((FollowUp)f).FollowUpId));
    }

    [Fact]
    public async Task Who_treats_in_two_clinics_is_seen_in_each_by_what_they_did_there_and_named_at_home_alone()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await FillAsync(installation);
        // P1 of C1 treats in C2 too, P3 of C2 in C1, and P4 has no home.
        await installation.ImportAsync("practitioner_id,display_name\nP4,Dan Dale\n");
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S4", clinic: "C2") + Samples.Session("S5", practitioner: "P3") + Samples.Session("S6", practitioner: "P4"));
        (User Reader, string[] Sessions, string[] Figures, string[] Names)[] cases =
        [
            (Account(Role.Director, null, "C1"), ["S1", "S2", "S5", "S6"], ["C1 P1", "C1 P2", "C1 P3", "C1 P4"], ["P1", "P2"]),
            (Account(Role.Director, null), ["S1", "S2", "S3", "S4", "S5", "S6"], ["C1 P1", "C1 P2", "C1 P3", "C1 P4", "C2 P1", "C2 P3"], ["P1", "P2", "P3", "P4"]),
            (Account(Role.Director, null, "C2"), ["S3", "S4"], ["C2 P1", "C2 P3"], ["P3"]),
            (Account(Role.Practitioner, "P1"), ["S1", "S4"], ["C1 P1", "C2 P1"], ["P1"]),
            // An account for one clinic is no way to one's own records of another.
            (Account(Role.Practitioner, "P1", "C1"), ["S1"], ["C1 P1"], ["P1"]),
            (Account(Role.Practitioner, "P1", "C2"), ["S4"], ["C2 P1"], []),
            (Account(Role.Practitioner, "P3", "C1"), ["S5"], ["C1 P3"], []),
            (Account(Role.Practitioner, null, "C1"), [], [], []),
            // Of two roles the one for the clinic opens the clinic; the auditor's opens no more records to who treats.
            (new() { UserName = "reader", Roles = [Role.Practitioner, Role.Director], ClinicIds = ["C2"], PractitionerId = "P1" }, ["S3", "S4"], ["C2 P1", "C2 P3"], ["P3"]),
            (new() { UserName = "reader", Roles = [Role.Practitioner, Role.Auditor, Role.Administrator], PractitionerId = "P1" }, ["S1", "S4"], ["C1 P1", "C2 P1"], ["P1"]),
        ];
        foreach (var (reader, sessions, figures, names) in cases)
        {
            await using var db = installation.Db(new Actor(ActorKind.Person, "reader", "", Roles.Of(reader.Roles), reader.Scope));
            Assert.Equal(sessions, await db.Sessions.OrderBy(s => s.SessionId).Select(s => s.SessionId).ToListAsync());
            Assert.Equal(figures, await db.DailyExposures.OrderBy(d => d.ClinicId).ThenBy(d => d.PractitionerId).Select(d => d.ClinicId + " " + d.PractitionerId).ToListAsync());
            Assert.Equal(figures, await db.DailyAdherence.OrderBy(d => d.ClinicId).ThenBy(d => d.PractitionerId).Select(d => d.ClinicId + " " + d.PractitionerId).ToListAsync());
            Assert.Equal(figures, await db.DailyQuality.OrderBy(d => d.ClinicId).ThenBy(d => d.PractitionerId).Select(d => d.ClinicId + " " + d.PractitionerId).ToListAsync());
            Assert.Equal(names, await db.Practitioners.OrderBy(p => p.PractitionerId).Select(p => p.PractitionerId).ToListAsync());
        }

        static User Account(Role role, string? practitioner, params string[] clinics) => new() { UserName = "reader", Roles = [role], ClinicIds = clinics, PractitionerId = practitioner };
    }

    static readonly Scope OneClinic = new(["C1"]), OneOwn = new(null, "P1");

    static async Task<List<object>> ReadAsync(TestInstallation installation, Type kind, Scope scope, string[] without)
    {
        await using var db = installation.Db(new Actor(ActorKind.Person, "reader", "", Roles.Of(Role.Director), scope));
        return await (Task<List<object>>)typeof(ScopeTests).GetMethod(nameof(RowsAsync), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!.MakeGenericMethod(kind).Invoke(null, [db, without])!;
    }

    static async Task<List<object>> RowsAsync<T>(SafetyAuditDb db, string[] without) where T : class =>
        [.. await (without.Length == 0 ? db.Set<T>() : db.Set<T>().IgnoreQueryFilters(without)).AsNoTracking().ToListAsync()];

    // Of everything something of P1 and P2 in C1, and something of P3 in C2.
    static async Task FillAsync(TestInstallation installation)
    {
        await installation.ImportAsync(Samples.Practitioners, "C1");
        await installation.ImportAsync("practitioner_id,display_name,clinic_id\nP3,Cara Cole,C2\n", "C2");
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2", practitioner: "P2"), "C1");
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S3", practitioner: "P3", clinic: "C2"), "C2");
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S1") + Samples.Event("E2", "S2"), "C1");
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E3", "S3"), "C2");
        const string followUps = "follow_up_id,session_id,attempted_at,outcome\n", patients = "patient_id,valid_from,birth_decade\nT1,2026-01-01,1980\n", bad = "S9,,P1,T1,no date,,completed\n";
        await installation.ImportAsync(followUps + "F1,S1,2026-03-03T12:00:00Z,reached\nF2,S2,2026-03-03T12:00:00Z,reached\n", "C1");
        await installation.ImportAsync(followUps + "F3,S3,2026-03-03T12:00:00Z,reached\n", "C2");
        foreach (string clinic in new[] { "C1", "C2" })
        {
            await installation.ImportAsync(patients, clinic);
            await installation.ImportAsync(Samples.SessionHeader + bad, clinic);
        }
        var now = installation.Clock.UtcNow();
        var day = new DateOnly(2026, 3, 2);
        await using var db = installation.Db();
        foreach (string name in new[] { "reader", "other" })
        {
            var user = new User { UserName = name };
            db.Users.Add(user);
            db.SavedViews.Add(new() { UserId = user.Id, Name = "mine", Path = "/alerts" });
        }
        foreach (string practitioner in new[] { "P1", "P2", "P3" })
        {
            string clinic = practitioner == "P3" ? "C2" : "C1";
            db.Alerts.Add(new() { Rule = AlertRule.ProtocolFailed, ClinicId = clinic, PractitionerId = practitioner, Key = "of " + practitioner, Reason = "r", From = day, To = day, RaisedAtUtc = now, EvaluatedAtUtc = now });
            db.Alerts.Add(new() { Rule = AlertRule.MoreThanPeers, ClinicId = clinic, PractitionerId = practitioner, Key = "not asked " + practitioner, Reason = "r", From = day, To = day, RaisedAtUtc = now, EvaluatedAtUtc = now });
            db.StaleDays.Add(new() { ClinicId = clinic, PractitionerId = practitioner, Date = day });
            db.StaleClinics.Add(new() { ClinicId = clinic });
            db.ClinicProtocols.Add(new() { ClinicId = clinic, EffectiveFrom = day });
            db.EventSteps.Add(new() { EventId = practitioner.Replace('P', 'E'), EventClinicId = clinic, ClinicId = clinic, AtUtc = now, EnteredAtUtc = now });
            db.ApiKeys.Add(ApiKey.Make("key", clinic, now).Key);
            db.Notices.Add(new() { Key = practitioner, Receiver = "x", ClinicId = clinic });
            db.Webhooks.Add(Webhook.Make(clinic, new("https://example.org"), installation.Keys, now).Webhook);
            db.ReportLinks.Add(ReportLink.Make(clinic, installation.Keys, now));
            db.ColumnMappings.Add(new() { Name = "source", ClinicId = clinic, HeaderDigest = "d", AddedBy = "x", AddedAtUtc = now });
            db.LinkDecisions.Add(new() { EventId = "of " + practitioner, ClinicId = clinic, DecidedBy = "x", DecidedAtUtc = now });
            db.Deliveries.Add(new() { Sender = "s", NameHash = practitioner, Asked = "a", ClinicId = clinic, Fingerprint = "f", UploadIds = [], MadeAtUtc = now });
        }
        await db.SaveChangesAsync();
        foreach (string clinic in new[] { "C1", "C2" })
        {
            var report = new Report { Period = "2026Q1", ClinicId = clinic, AsKnownUtc = now, ProgramVersion = "1", ManifestHash = "h", FrozenAtUtc = now, FrozenBy = "x" };
            db.Reports.Add(report);
            db.ReportSchedules.Add(new() { ClinicId = clinic, MadeBy = "x", MadeAtUtc = now });
            await db.SaveChangesAsync();
            db.KeptReportFiles.Add(new() { ReportId = report.Id, Name = "report.pdf", ClinicId = clinic, Content = [1] });
        }
        await db.SaveChangesAsync();
        // Two cases of P1: one that P1 was asked about, and one that is still about the data alone.
        foreach (var alert in await db.Alerts.ToListAsync())
            db.Cases.Add(new() { AlertId = alert.Id, ClinicId = alert.ClinicId, PractitionerId = alert.PractitionerId, AskedAtUtc = alert.Key.StartsWith("of", StringComparison.Ordinal) ? now : null, From = day, To = day, OpenedAtUtc = now });
        await db.SaveChangesAsync();
        foreach (var review in await db.Cases.ToListAsync())
            foreach (var kind in new[] { CaseEntryKind.Reply, CaseEntryKind.Note })
                db.CaseEntries.Add(new() { CaseId = review.Id, ClinicId = review.ClinicId, PractitionerId = review.PractitionerId, Kind = kind, AtUtc = now });
        await db.SaveChangesAsync();
    }
}
