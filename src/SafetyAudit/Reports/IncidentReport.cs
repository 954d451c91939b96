using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Reports;

/// <summary>
/// Everything that is known about one event: what was recorded, its session, what happened when and who did it, its review, and for each duty to report it to somebody outside a draft with what is known and what is missing.
/// </summary>
public static class IncidentReport
{
    /// <summary>Reads it. Nothing where whoever asks does not reach the event, or no version of it counts.</summary>
    /// <param name="db">Within the scope of whoever asks. Free text is left out for those who may not read it.</param>
    /// <param name="eventId">The event.</param>
    /// <param name="clinicId">The clinic that the event itself names; empty where it names none.</param>
    /// <param name="programVersion">Of the program that writes it.</param>
    /// <param name="nowUtc">Now.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<ReportDocument?> ReadAsync(SafetyAuditDb db, string eventId, string? clinicId, string programVersion, DateTime nowUtc, CancellationToken ct)
    {
        await using var snapshot = await db.BeginSnapshotAsync(ct);
        string own = clinicId ?? "";
        if (await db.Current<AdverseEvent>().SingleOrDefaultAsync(e => e.EventId == eventId && (e.ClinicId ?? "") == own, ct) is not { } found) return null;
        var session = found.LinkedSessionId is null ? null : await db.Current<Session>().SingleOrDefaultAsync(s => s.SessionId == found.LinkedSessionId && s.ClinicId == found.LinkedClinicId, ct);
        var reported = (await ReportedEvents.ReadAsync(db, [eventId], nowUtc, ct)).FindAll(e => (e.Reported.Event.ClinicId ?? "") == own);
        var duties = DutyCase.Of(reported);
        var steps = reported.SelectMany(r => r.Reported.Steps).ToList();
        string key = EvaluateAlerts.KeyOf(AlertRule.SentinelEvent, found.ClinicId, null, eventId);
        var alerts = await db.Alerts.AsNoTracking().Where(a => a.Key == key).OrderBy(a => a.Id).ToListAsync(ct);
        var ids = alerts.ConvertAll(a => a.Id);
        string? self = await ReviewCase.SelfAsync(db, ct);
        var cases = await ReviewCase.KnownTo(self, db.Cases.AsNoTracking()).Where(c => ids.Contains(c.AlertId)).OrderBy(c => c.Id).ToListAsync(ct);
        var caseIds = cases.ConvertAll(c => c.Id);
        var entries = await db.CaseEntries.AsNoTracking().Where(e => caseIds.Contains(e.CaseId)).OrderBy(e => e.Id).ToListAsync(ct);
        var versions = await db.EverCounted<AdverseEvent>().Where(e => e.EventId == eventId && (e.ClinicId ?? "") == own).OrderBy(e => e.Version).ToListAsync(ct);
        var uploadIds = versions.ConvertAll(v => v.UploadId);
        // Whoever may see the record may know its file's name and sender, also when the file held other clinics' rows.
        var uploads = await db.Uploads.IgnoreQueryFilters([SafetyAuditDb.UploadScope]).AsNoTracking().Where(u => uploadIds.Contains(u.Id)).ToDictionaryAsync(u => u.Id, ct);
        bool mayReadText = db.Actor.May(Permission.ReadNarratives);
        string clinic = found.LinkedClinicId ?? own;
        string called = await db.Clinics.Where(c => c.Id == clinic).Select(c => c.Name).FirstOrDefaultAsync(ct) ?? clinic;
        var measure = Catalogue.Categories[found.Category];

        return PackDocument.Invariantly(() => new("Incident report", $"{measure.Name} · event {eventId}",
        [
            ("Event", PackDocument.Say($"{eventId}, {measure.Name}")),
            ("Clinic", called == clinic ? clinic : $"{called} ({clinic})"),
            ("Onset", PackDocument.Instant(found.OnsetAtUtc)),
            ("Written", PackDocument.Instant(nowUtc)),
            ("Program", PackDocument.Say($"SafetyAudit {programVersion}, protocol rules {Rules.Version:x8}")),
        ],
        [
            new("What was recorded", [.. Recorded(found, measure, session, mayReadText)]),
            new("What happened when", [new Paragraph("Instants in UTC. What a record says stands beside when it reached the program."), Timeline(found, session, versions, uploads, alerts, entries, steps, mayReadText)]),
            new("Review", [.. Review(cases, mayReadText)]),
            new("Duties to report", [.. Duties(duties, nowUtc)]),
            .. duties.Select(d => new ReportSection($"Draft: {d.Duty.Name}", [.. Draft(d, found, measure, session, called, mayReadText)])),
        ]));
    }

    static IEnumerable<ReportBlock> Recorded(AdverseEvent e, Measure measure, Session? session, bool mayReadText)
    {
        yield return Facts("event", "The event", Known(
            ("Category", $"{measure.Name} ({e.Category})"), ("Onset", e.OnsetAtUtc), ("Found", e.DetectedAtUtc), ("Written down", e.RecordedAtUtc), ("Severity", e.Severity is { } s ? Codes.Of(s) : $"not said; {Codes.Of(measure.DefaultSeverity)} as the category has it"), ("CTCAE grade", e.CtcaeGrade),
            ("Seriousness", e.Seriousness), ("Causality", e.Causality), ("Outcome", e.Outcome), ("Over", e.ResolvedAtUtc), ("Medical attention", e.MedicalAttention is { } m ? Codes.Of(m) : null), ("Reported by", e.ReporterRole), ("Channel", e.ReportChannel is { } c ? Codes.Of(c) : null), ("Body region", e.BodyRegion),
            ("Action taken", Text(e.ActionTaken, mayReadText)), ("Account", Text(e.Narrative, mayReadText)), ("Patient", e.PatientId), ("Joined to its session", e.LinkMethod is { } l ? Codes.Of(l) : "it waits for its session")));
        if (session is null) { yield return new Paragraph("Its session has not arrived, or it belongs to none."); yield break; }
        yield return Facts("session", "Its session", Known(
            ("Session", session.SessionId), ("Clinic", session.ClinicId), ("Practitioner", session.PractitionerId), ("Began", session.StartedAtUtc), ("Ended", session.EndedAtUtc), ("Status", Codes.Of(session.Status)), ("Over the lungs", session.IsAtRiskThorax ? "yes" : "no")));
    }

    static string? Text(string? text, bool mayRead) => text is null ? null : mayRead ? text : "(not for this account)";

    // What is not known is said to be: an empty line in such a report is a question.
    static IEnumerable<(string Name, object? Value)> Known(params (string Name, object? Value)[] facts) => facts.Select(f => (f.Name, f.Value ?? (object?)"not recorded"));

    static ReportTable Facts(string name, string caption, IEnumerable<(string Name, object? Value)> facts) =>
        new(name, caption, [new("fact", "What", CellKind.Text), new("value", "As recorded", CellKind.Text)], 1, [.. facts.Select(f => (object?[])[f.Name, f.Value switch { DateTime at => PackDocument.Instant(at), IFormattable n => n.ToString(null, System.Globalization.CultureInfo.InvariantCulture), var other => other?.ToString() }])]);

    static ReportTable Timeline(AdverseEvent e, Session? session, List<AdverseEvent> versions, Dictionary<long, Upload> uploads, List<Alert> alerts, List<CaseEntry> entries, List<EventStep> steps, bool mayReadText)
    {
        var lines = new List<(DateTime At, string What, string? By, string? From)>();
        if (session is not null)
        {
            lines.Add((session.StartedAtUtc, "Session began", session.PractitionerId, $"session {session.SessionId}"));
            if (session.EndedAtUtc is { } ended) lines.Add((ended, "Session ended", null, $"session {session.SessionId}"));
        }
        lines.Add((e.OnsetAtUtc, "Onset", null, "event's record"));
        if (e.DetectedAtUtc is { } detected) lines.Add((detected, "Found", null, "event's record"));
        if (e.RecordedAtUtc is { } written) lines.Add((written, "Written down", e.ReporterRole, "event's record"));
        if (e.ResolvedAtUtc is { } over) lines.Add((over, "Over", null, "event's record"));
        foreach (var version in versions)
            lines.Add((version.ReceivedAtUtc, uploads[version.UploadId].Purpose switch { UploadPurpose.Correction => PackDocument.Say($"Record corrected: version {version.Version}"), UploadPurpose.Withdrawal => "Record withdrawn", _ => PackDocument.Say($"Record came: version {version.Version}") },
                uploads[version.UploadId].ReceivedBy, PackDocument.Say($"{uploads[version.UploadId].FileName}, line {version.Line}")));
        foreach (var alert in alerts) lines.Add((alert.RaisedAtUtc, "Alert raised", null, PackDocument.Say($"alert {alert.Id}")));
        foreach (var entry in entries) lines.Add((entry.AtUtc, $"Review: {Words.Entry(entry)}{(entry.Note is { } note ? $" ({(mayReadText || entry.Kind == CaseEntryKind.Assigned ? note : "not for this account")})" : "")}", entry.By, PackDocument.Say($"case {entry.CaseId}")));
        foreach (var step in steps) lines.Add((step.AtUtc, step.Kind switch { EventStepKind.Escalated => "Taken further", EventStepKind.ReviewStarted => "Review began", EventStepKind.Reported => "Reported to somebody outside", _ => "Found not to be reportable" } + (step.Duty is { } duty ? $": {ReportingDuties.ById.GetValueOrDefault(duty)?.Name ?? duty}" : "") + (step.Note is { } said && mayReadText ? $" ({said})" : ""), step.EnteredBy, $"entered {PackDocument.Instant(step.EnteredAtUtc)}"));
        return new("timeline", "What happened when", [new("at", "When", CellKind.Instant), new("what", "What", CellKind.Text), new("by", "By", CellKind.Text), new("from", "Where it stands", CellKind.Text)], 0,
            [.. lines.OrderBy(l => l.At).Select(l => (object?[])[l.At, l.What, l.By, l.From])]);
    }

    static IEnumerable<ReportBlock> Review(List<Case> cases, bool mayReadText)
    {
        if (cases.Count == 0) { yield return new Paragraph("No review of it is known to whoever made this report."); yield break; }
        foreach (var review in cases)
            yield return Facts($"case_{review.Id}", PackDocument.Say($"Case {review.Id}"), Known(
                ("Opened", review.OpenedAtUtc), ("To begin by", review.BeginByUtc), ("To be decided by", review.DueAtUtc), ("Led by", review.Owner), ("Stage", Words.Stage(review.Stage)), ("Decided", review.DecidedAtUtc), ("Decision", review.Decision is { } d ? Words.Decision(d) : null),
                ("Reasons", Text(review.Reasons, mayReadText)), ("Actions", Text(review.Actions, mayReadText)), ("Measured again from", review.RemeasureOn is { } on ? PackDocument.Day(on) : null)));
    }

    static IEnumerable<ReportBlock> Duties(List<DutyCase> duties, DateTime nowUtc)
    {
        yield return new Paragraph("Orientation, not legal advice: a person decides whether a duty applies. Which duties a clinic has depends on the jurisdictions in its local protocol.");
        if (duties.Count == 0) { yield return new Paragraph("By what is recorded, none of the clinic’s duties asks for a report of this event."); yield break; }
        yield return new ReportTable("duties", "Duties that may ask for a report", [new("duty", "Duty", CellKind.Text), new("trigger", "What has to be reported", CellKind.Text), new("form", "How", CellKind.Text), new("due_at", "By", CellKind.Instant), new("state", "State", CellKind.Text), new("source", "Source", CellKind.Text)], 1,
            [.. duties.Select(d => (object?[])[d.Duty.Name, d.Duty.Trigger, d.Duty.Form, d.DeadlineUtc, d.Done is { } done ? $"{(done.Kind == EventStepKind.Reported ? "reported" : "not reportable")} {PackDocument.Instant(done.AtUtc)}" : d.IsOverdue(nowUtc) ? "open, overdue" : "open", d.Duty.Source])]);
    }

    // In the order in which such forms ask; what the program can't know is left to be written.
    static IEnumerable<ReportBlock> Draft(DutyCase due, AdverseEvent e, Measure measure, Session? session, string clinic, bool mayReadText)
    {
        const string byHand = "________________ (to be written by hand: not kept here)";
        yield return new Paragraph($"A draft for: {due.Duty.Form}. Check it against the form and the law before it is sent; {due.Duty.Source}.");
        yield return Facts($"draft_{due.Duty.Id}", $"For {due.Duty.Name}",
        [
            ("Who reports", $"{clinic}; name and address: {byHand}"), ("Contact", byHand), ("Registration or licence of the organisation", byHand),
            ("When it happened", e.OnsetAtUtc), ("When it was found", e.DetectedAtUtc is { } found ? found : "not recorded"), ("Where", clinic),
            ("What happened", $"{measure.Name}{(e.BodyRegion is { } region ? $", {region}" : "")}, after dry needling{(session is null ? "; its session has not arrived" : PackDocument.Say($" begun {PackDocument.Instant(session.StartedAtUtc)}"))}"),
            ("Account", Text(e.Narrative, mayReadText) ?? byHand), ("Harm", Harm(e, measure)), ("Medical attention", e.MedicalAttention is { } m ? Codes.Of(m).Replace('_', ' ') : "not recorded"),
            ("Outcome", e.Outcome ?? "not recorded"), ("What was done at once", Text(e.ActionTaken, mayReadText) ?? byHand), ("Person harmed", $"known here by the pseudonym {e.PatientId} alone: {byHand}"),
            ("Practitioner", session?.PractitionerId ?? e.PractitionerId ?? "not recorded"), ("Device", session is null ? byHand : $"acupuncture needle; make, lot and size: {byHand}"), ("By when", due.DeadlineUtc is { } deadline ? deadline : "no deadline entered: confirm with the regulator"),
        ]);
    }

    /// <summary>Physical harm in the words of Learn from patient safety events (NHS England): none, low, moderate, severe or fatal.</summary>
    public static string Harm(AdverseEvent e, Measure measure) => e.Outcome == "fatal" ? "fatal" : (e.Severity ?? measure.DefaultSeverity) switch { Severity.Mild => "low", Severity.Moderate => "moderate", _ => "severe" };
}
