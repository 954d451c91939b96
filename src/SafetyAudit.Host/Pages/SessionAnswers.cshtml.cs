using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>What each rule says of one session, of its events and of its practitioner's month, with the fields that decided it.</summary>
[Needs(Permission.ReadRecords, EnterWhenFound = true)]
public sealed class SessionAnswersModel(SafetyAuditDb db, TimeProvider time) : PageModel
{
    public sealed record Answer(ProtocolRule Rule, string About, Outcome Outcome, IReadOnlyList<(string Field, string? Value)> Fields);

    public Treatment Treatment { get; private set; } = null!;
    public List<Answer> Answers { get; private set; } = [];

    // What the patient's risk profile says is not for somebody who reaches their own figures only.
    string? Shown(string field, Treatment treatment) => field is "sex" or "birth_decade" or "bmi_band" && db.Actor.Scope.PractitionerId is not null ? Show.NotShown : RuleFields.Text(field, treatment);

    public async Task<IActionResult> OnGetAsync(string? id, string? clinic, CancellationToken ct)
    {
        await using var snapshot = await db.BeginSnapshotAsync(ct);
        if ((await Treatments.ReadAsync(db, db.Current<Session>().Where(s => s.SessionId == id && s.ClinicId == clinic), ct)).SingleOrDefault() is not { } treatment) return NotFound();
        Treatment = treatment;
        var session = treatment.Session;
        Answers.AddRange(Rules.OfSessions.Select(rule => new Answer(rule, "", rule.For(treatment), [.. rule.Fields.Select(f => (f, Shown(f, treatment)))])));

        foreach (var (reported, _, _) in (await ReportedEvents.ReadAsync(db, session.Date, session.Date, session.ClinicId, session.PractitionerId, time.UtcNow(), ct)).Where(e => e.Reported.Event.LinkedSessionId == session.SessionId))
            Answers.AddRange(Rules.OfEvents.Select(rule => new Answer(rule, T("event {0}|within", reported.Event.EventId), rule.Check(reported), [.. rule.Fields.Select(f => (f, RuleFields.Text(f, reported)))])));

        var month = new DateOnly(session.Date.Year, session.Date.Month, 1);
        // Before its days are counted a month has nothing due.
        var followUp = (await FollowUpMonths.ReadAsync(db, month, month.AddMonths(1).AddDays(-1), session.ClinicId, session.PractitionerId, ct)).SingleOrDefault()?.FollowUp ?? new(0, 0, 0, treatment.Clinic);
        Answers.AddRange(Rules.OfMonths.Select(rule => new Answer(rule, $"{month:MMMM yyyy}", rule.Check(followUp), [("due", $"{followUp.Due}"), ("attempted", $"{followUp.Attempted}"), ("reached", $"{followUp.Reached}")])));
        // A rule about events has nothing to look at where there was none.
        Answers.AddRange(Rules.OfEvents.Where(rule => !Answers.Exists(a => a.Rule == rule)).Select(rule => new Answer(rule, T("no event|within"), Outcome.NotApplicable, [])));
        Answers.Sort((a, b) => (a.Rule.Id, a.About).CompareTo((b.Rule.Id, b.About)));
        return Page();
    }
}
