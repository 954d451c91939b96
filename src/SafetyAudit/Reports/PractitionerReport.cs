using Microsoft.EntityFrameworkCore;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Cases;
using SafetyAudit.Charts;
using SafetyAudit.Data;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;

namespace SafetyAudit.Reports;

/// <summary>
/// One practitioner's own figures of a period, as for an appraisal: what their page shows, with reviews and credentials, and nobody else's. The same question gives the same report whenever it is asked.
/// </summary>
public static class PractitionerReport
{
    /// <summary>Reads it. Nothing where whoever asks does not reach the practitioner.</summary>
    /// <param name="db">The records as known at an instant, from <see cref="CompliancePack.FirstDay"/> on, within the scope of whoever asks.</param>
    /// <param name="practitionerId">Whose.</param>
    /// <param name="period">The period.</param>
    /// <param name="asKnownUtc">The instant.</param>
    /// <param name="programVersion">Of the program that writes it.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<ReportDocument?> ReadAsync(SafetyAuditDb db, string practitionerId, ReportPeriod period, DateTime asKnownUtc, string programVersion, CancellationToken ct)
    {
        var practitioner = await db.Current<Practitioner>().SingleOrDefaultAsync(p => p.PractitionerId == practitionerId, ct);
        if (practitioner is null && !await db.DailyExposures.AnyAsync(d => d.PractitionerId == practitionerId, ct)) return null;
        var (from, to) = (period.From, period.To);
        var baselines = await Rates.BaselinesAsync(db, null, ct, asKnownUtc);
        var watched = EvaluateAlerts.Watched(baselines);
        var peers = (await Rates.ReadAsync(db, new(from, to, Grouping.Practitioner, Against.Peers), watched, baselines, ct)).FindAll(r => r.PractitionerId == practitionerId);
        var literature = (await Rates.ReadAsync(db, new(from, to), watched, baselines, ct)).FindAll(r => r.PractitionerId == practitionerId);
        var counts = (await Counts.ReadAsync(db, from, to, ct)).FindAll(c => c.PractitionerId == practitionerId && !c.ForComparisonOnly);
        var trends = new List<Trend>();
        foreach (var measure in watched.Where(m => peers.Exists(r => r.Measure.Code == m.Code && r.Observed >= PackDocument.FewestForPicture)))
            trends.Add(await Trend.ReadAsync(db, measure, baselines.GetValueOrDefault(measure.Code), practitionerId, CompliancePack.FirstDay(period), to, ct));
        var adherence = AdherenceTable.By((await AdherenceTable.ReadAsync(db, new(from, to, PractitionerId: practitionerId), asKnownUtc, ct)).Where(r => r.PractitionerId == practitionerId), AdherenceGrouping.Rule);
        var quality = (await DataQuality.ReadAsync(db, from, to, ct)).Practitioners.Where(q => q.PractitionerId == practitionerId).ToList();
        var credentials = (await Credential.ReadAsync(db, to, null, ct)).FindAll(c => c.PractitionerId == practitionerId);
        string? self = await ReviewCase.SelfAsync(db, ct);
        // Whom a review is about learns of it when they are asked.
        var cases = (await CaseAsKnown.ReadAsync(db, from, to, asKnownUtc, ct)).FindAll(c => c.PractitionerId == practitionerId && (self != practitionerId || c.Review.AskedAtUtc <= asKnownUtc));
        string name = db.Actor.May(Access.Permission.ReadNames) || self == practitionerId ? practitioner?.DisplayName ?? practitionerId : practitionerId;

        return PackDocument.Invariantly(() => new("Own figures in dry needling", $"{name} · {PackDocument.PeriodInWords(period)}",
        [
            ("Practitioner", name == practitionerId ? practitionerId : $"{name} ({practitionerId})"),
            ("Period", PackDocument.Say($"{period.Name}: {PackDocument.Day(from)} to {PackDocument.Day(to)}, by the date of the session")),
            ("Records as known at", PackDocument.Instant(asKnownUtc)),
            ("Program", PackDocument.Say($"SafetyAudit {programVersion}, protocol rules {Rules.Version:x8}")),
        ],
        [.. ((ReportSection[])
        [
            new("What was done", [.. Done(counts)]),
            new("Beside colleagues", [.. Beside(peers, "beside_colleagues", "What colleagues’ records in the same clinic lead to expect of the same exposure; colleagues themselves are not shown. A position beyond a limit is a question about data, patients and process before it is one about a person.")]),
            new("Beside the literature", [.. Beside(literature, "beside_literature", "What published rates lead to expect. They are no target: rates of one event differ several-fold between settings and ways of asking.")]),
            new("What could have been seen", [.. Detectable(peers)]),
            new("Month by month", [.. trends.Where(t => t.Months.Any(m => m.Exposure > 0)).Select(t => new Figure(TrendChart.Draw(t, $"{t.Measure.Name}: month by month beside colleagues", _ => ""), "steps: expected, 95 % and 99.8 % limits of each month"))]),
            new("Protocol adherence", [.. Adherence(adherence)]),
            new("How the records were kept", [.. Quality(quality)]),
            new("Credentials", [.. Credentials(credentials, to)]),
            new("Reviews", [.. Reviews(cases)]),
            new("How to read this", [.. Limits()]),
        ]).Where(s => s.Blocks.Count > 0)]));
    }

    static IEnumerable<ReportBlock> Done(List<PractitionerCounts> counts)
    {
        yield return new ReportTable("sessions", "Completed sessions in the period", [new("clinic_id", "Clinic", CellKind.Text), new("sessions", "Sessions", CellKind.Count), new("at_risk_sessions", "Over the lungs", CellKind.Count), new("followed_up", "Followed up", CellKind.Count), new("reached", "Patient reached", CellKind.Count), new("reached_share", "Share reached", CellKind.Share), new("follow_up_grade", "Grade", CellKind.Text)], 1,
            [.. counts.OrderBy(c => c.ClinicId, StringComparer.Ordinal).Select(c => (object?[])[c.ClinicId, c.Sessions, c.AtRiskSessions, c.FollowedUp, c.Reached, c.Sessions > 0 ? (double)c.Reached / c.Sessions : null, Counts.Grade(c.Reached, c.Sessions).ToString()])]);
        yield return new Paragraph("How events come to be known decides how many are seen. Grade A: 80 % or more of sessions had a patient who was asked and answered; B 50 to 79; C below 50; D nobody reached. A low rate under a low grade says little.");
    }

    static IEnumerable<ReportBlock> Beside(List<RateRow> rows, string name, string words)
    {
        yield return new Paragraph(words);
        yield return new ReportTable(name, "Observed and expected", PackDocument.RateColumns(("clinic_id", "Clinic")), 2, [.. rows.OrderBy(r => r.Measure.Order).ThenBy(r => r.ClinicId, StringComparer.Ordinal).Select(r => PackDocument.RateCells(r, r.ClinicId))]);
    }

    static IEnumerable<ReportBlock> Detectable(List<RateRow> peers)
    {
        if (!peers.Exists(r => r.SmallestRise is not null)) yield break;
        yield return new Paragraph("“Nothing found” is worth as much as what could have been found: by how many times the rate would have had to rise, for an 80 % chance that the count lay above the upper 99.8 % limit.");
        yield return new ReportTable("detectability", "What this period could have shown", [new("measure", "Code", CellKind.Text, OnPaper: false), new("name", "Measure", CellKind.Text), new("expected", "Expected", CellKind.Number), new("smallest_ratio", "Smallest rise seen (times)", CellKind.Number)], 1,
            [.. peers.Where(r => r.SmallestRise is not null).OrderBy(r => r.Measure.Order).Select(r => (object?[])[r.Measure.Code, r.Measure.Name, r.Expected, double.IsFinite(r.SmallestRise!.Value) ? r.SmallestRise : null])]);
    }

    static IEnumerable<ReportBlock> Adherence(List<AdherenceRow> rows)
    {
        if (rows.Count == 0) yield break;
        yield return new Paragraph("Kept ÷ (kept + not kept), of what could be judged. What was not recorded is neither.");
        yield return new ReportTable("adherence", "Each protocol rule", [new("rule", "Rule", CellKind.Text), new("title", "", CellKind.Text), new("severity", "Severity", CellKind.Text), new("kept", "Kept", CellKind.Count), new("not_kept", "Not kept", CellKind.Count), new("not_recorded", "Not recorded", CellKind.Count), new("kept_share", "Share kept (95 %)", CellKind.Share), new("kept_lower95", "from", CellKind.Lower), new("kept_upper95", "to", CellKind.Upper)], 1,
            [.. rows.OrderBy(r => r.Rule.Id, StringComparer.Ordinal).Select(r => (object?[])[r.Rule.Id, r.Rule.Title, Codes.Of(r.Rule.Severity), (long)r.Adherence.Pass, (long)r.Adherence.Fail, (long)r.Adherence.NotRecorded, r.Adherence.Judged > 0 ? (double)r.Adherence.Pass / r.Adherence.Judged : null, r.KeptInterval?.Lower, r.KeptInterval?.Upper])]);
    }

    static IEnumerable<ReportBlock> Quality(List<QualityRow> rows)
    {
        if (rows.Count == 0) yield break;
        yield return new ReportTable("data_quality", "How well records are kept, not how well anybody works", [new("clinic_id", "Clinic", CellKind.Text), .. PackDocument.QualityColumns], 1,
            [.. rows.OrderBy(q => q.ClinicId, StringComparer.Ordinal).Select(q => (object?[])[q.ClinicId, .. PackDocument.QualityParts(q).Select(p => (object?)p.Share)])]);
    }

    static IEnumerable<ReportBlock> Credentials(List<Credential> credentials, DateOnly on)
    {
        if (credentials.Count == 0) yield break;
        yield return new ReportTable("credentials", $"As they stood on {PackDocument.Day(on)}", [new("credential", "Credential", CellKind.Text), new("since", "Since", CellKind.Day), new("until", "Until", CellKind.Day), new("state", "State", CellKind.Text), new("sessions_after", "Sessions after its last day", CellKind.Count)], 1,
            [.. credentials.Select(c => (object?[])[Credential.Words(c.Kind), c.Since, c.Until, c.State switch { CredentialState.InDate => "in date", CredentialState.LapsesSoon => "lapses soon", CredentialState.Lapsed => "lapsed", _ => "not recorded" }, c.SessionsAfter])]);
    }

    static IEnumerable<ReportBlock> Reviews(List<CaseAsKnown> cases)
    {
        if (cases.Count == 0) { yield return new Paragraph("No review about these days was made known by then."); yield break; }
        yield return new ReportTable("reviews", "Reviews about these days", [new("case", "Case", CellKind.Count), new("alert", "Alert", CellKind.Text), new("about", "About", CellKind.Text), new("opened_at", "Opened", CellKind.Instant), new("stage", "Stage", CellKind.Text), new("decision", "Decision", CellKind.Text), new("decided_at", "Decided", CellKind.Instant)], 1,
            [.. cases.Select(c => (object?[])[c.Review.Id, Words.Rule(c.Review.Rule), c.Review.Measure, c.Review.OpenedAtUtc, Words.Stage(c.Stage), c.Decided is { } d ? Words.Decision(d.Decision) : null, c.Decided?.AtUtc])]);
    }

    static IEnumerable<ReportBlock> Limits()
    {
        foreach (string point in (string[])
        [
            "These figures start a conversation about practice and records. They rank nobody and are no verdict.",
            "They know what was recorded. What was not written down, or reached nobody, is in no figure; “not seen” is not “safe”.",
            "Patients, treatments and ways of asking differ; what is not recorded is not adjusted for. Read each figure with its interval.",
            "Methods, baselines with their sources, and limits of use stand in the compliance report and on the dashboard.",
        ]) yield return new Paragraph(point, IsPoint: true);
    }
}
