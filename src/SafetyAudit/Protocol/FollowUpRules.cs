using static SafetyAudit.Protocol.Outcome;

namespace SafetyAudit.Protocol;

/// <summary>Whether the patient was asked afterwards, and what became of what they told.</summary>
public static class FollowUpRules
{
    /// <summary>Fewest sessions due in a month for its share of reached patients to be judged.</summary>
    public const int FewestDue = 20;

    static readonly SessionRule Attempted = new("PR-030", 1)
    {
        Title = "Follow-up attempted 24-48 h after session", Area = "followup", Severity = RuleSeverity.Major,
        Asks = "One of the attempts to ask the patient came 24 to 48 hours after the session’s end, both included. A session without any record of an attempt is not recorded.",
        NotApplicableWhen = "cancelled or aborted before needling",
        Fields = ["attempted_at", "ended_at"],
        Evidence = "practitioner-only recording misses most mild events", Source = "Leaflet; Yamashita 1999 v 2000", InLeaflet = "yes",
        Check = t =>
        {
            if (t.Session.EndedAtUtc is not { } ended) return NotRecorded;
            bool any = false, unknown = false;
            foreach (var followUp in t.FollowUps)
            {
                if (followUp.AttemptedAtUtc is not { } at) unknown |= followUp.Outcome is not null;
                else if (at - ended >= TimeSpan.FromHours(24) && at - ended <= TimeSpan.FromHours(48)) return Pass;
                else any = true;
            }
            return any && !unknown ? Fail : NotRecorded;
        },
    };

    static readonly MonthRule Reached = new("PR-031", 1)
    {
        Title = "Follow-up answered (clinic-level)", Area = "followup", Severity = RuleSeverity.Major,
        Asks = "Of a practitioner’s sessions of a month the share whose patient was reached is what the clinic set. A month without any attempt is not recorded.",
        NotApplicableWhen = "fewer than 20 due; no share set",
        Fields = ["outcome"], Settings = [nameof(ClinicProtocol.MinReachedShare)],
        Evidence = "ascertainment", Source = "derived", InLeaflet = "partly",
        Check = m => m.Clinic.MinReachedShare is not { } least || m.Due < FewestDue ? NotApplicable : m.Attempted == 0 ? NotRecorded : (double)m.Reached / m.Due >= least ? Pass : Fail,
    };

    static readonly EventRule Escalated = new("PR-032", 1)
    {
        Title = "Event unresolved past its window is escalated", Area = "followup", Severity = RuleSeverity.Major,
        Asks = "An event that outlasted the hours after which its kind has lasted too long was taken further by somebody. One of which nobody recorded whether it is over is not recorded.",
        NotApplicableWhen = "window blank; over within it, or it has not passed yet",
        Fields = ["onset_at", "resolved_at", "outcome", "escalated_at"],
        Evidence = "leaflet windows (48-72 h pain; days nerve)", Source = "Leaflet", InLeaflet = "yes",
        Check = e =>
        {
            if (e.ProlongedAfterHours is not { } hours) return NotApplicable;
            var end = e.Event.OnsetAtUtc.AddHours(hours);
            if (e.Event.ResolvedAtUtc <= end || e.NowUtc <= end) return NotApplicable;
            if (e.EscalatedAtUtc is not null) return Pass;
            if (e.Event.ResolvedAtUtc is not null) return Fail;
            return e.Event.Outcome is "ongoing" or "recovering" or "resolved_with_sequelae" or "resolvedwithsequelae" ? Fail : NotRecorded;
        },
    };

    static readonly EventRule Reviewed = new("PR-033", 1)
    {
        Title = "Serious event reviewed within deadline", Area = "followup", Severity = RuleSeverity.Critical,
        Asks = "The review of a sentinel event, or of one reported as serious, began within the hours that the clinic set, from its record on; from its arrival where the report does not say when it was written.",
        NotApplicableWhen = "not sentinel; no hours set; the deadline has not passed yet",
        Fields = ["sentinel", "recorded_at", "review_started_at"], Settings = [nameof(ClinicProtocol.ReviewHours)],
        Evidence = "critical-event management plan", Source = "Physiotherapy Alberta critical event guideline", InLeaflet = "no",
        Check = e => e.ReviewBeginsByUtc is not { } deadline ? NotApplicable
            : e.ReviewStartedAtUtc is { } started ? started <= deadline ? Pass : Fail : e.NowUtc <= deadline ? NotApplicable : Fail,
    };

    public static readonly IReadOnlyList<ProtocolRule> All = [Attempted, Reached, Escalated, Reviewed];
}
