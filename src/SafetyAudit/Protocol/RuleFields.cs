using System.Globalization;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Protocol;

/// <summary>What the fields that a rule looks at hold, as text: a session's own, its practitioner's, its patient's risk profile's and its follow-ups'.</summary>
public static class RuleFields
{
    /// <returns>The field's value in the words of the files; null where it is not recorded. Free text is only said to be there.</returns>
    /// <exception cref="ArgumentException">No rule about sessions looks at such a field.</exception>
    public static string? Text(string field, Treatment t)
    {
        var (s, p) = (t.Session, t.Practitioner);
        return field switch
        {
            "started_at" => Say(s.StartedAtUtc), "ended_at" => Say(s.EndedAtUtc), "first_needle_at" => Say(s.FirstNeedleAtUtc), "consent_at" => Say(s.ConsentAtUtc),
            "screening_at" => Say(s.ScreeningAtUtc), "signed_at" => Say(s.SignedAtUtc), "is_first_session" => Say(s.IsFirstSession), "performer_role" => s.PerformerRole,
            "supervisor_id" => s.SupervisorId, "plan_of_care_id" => s.PlanOfCareId, "position" => s.Position is { } position ? Codes.Of(position) : null,
            "regions" => Say(s.Regions.Select(r => r.Region)), "muscles" => Say(s.Regions.Select(r => r.Muscle)), "sides" => Say(s.Regions.Select(r => r.Side)),
            "technique" => s.Technique, "max_depth_mm" => Say(s.MaxDepthMm), "needle_length_mm" => Say(s.NeedleLengthMm), "needle_type" => s.NeedleType, "needle_material" => s.NeedleMaterial,
            "needle_single_use" => Say(s.NeedleSingleUse), "needle_sterile" => Say(s.NeedleSterile), "needle_lot" => s.NeedleLot, "needle_expiry" => Say(s.NeedleExpiry),
            "needles_opened" => Say(s.NeedlesOpened), "needles_inserted" => Say(s.NeedlesInserted), "needles_removed" => Say(s.NeedlesRemoved), "needles_disposed" => Say(s.NeedlesDisposed),
            "estim" => Say(s.Estim), "pacemaker_checked" => Say(s.PacemakerChecked), "ultrasound_guided" => Say(s.UltrasoundGuided), "screening_complete" => Say(s.ScreeningComplete),
            "screen_flags" => s.ScreenFlags is { } flags ? flags.Count == 0 ? "none" : string.Join("; ", flags) : null, "anticoagulant_class" => s.AnticoagulantClass,
            "bleeding_disorder" => Say(s.BleedingDisorder), "metal_allergy" => Say(s.MetalAllergy), "needle_anxiety" => Say(s.NeedleAnxiety), "prior_syncope" => Say(s.PriorSyncope),
            "pregnancy_status" => s.PregnancyStatus, "risk_note" => t.HasRiskNote ? "there is one" : null, "hydration_checked" => Say(s.HydrationChecked), "consent_form" => s.ConsentForm,
            "consent_risks" => s.ConsentRisks is { } risks ? risks.Count == 0 ? "none" : string.Join("; ", risks) : null, "hand_hygiene" => Say(s.HandHygiene), "skin_status" => s.SkinStatus,
            "gloves" => Say(s.Gloves), "bleeding_observed" => Say(s.BleedingObserved), "pressure_seconds" => Say(s.PressureSeconds), "post_obs_minutes" => Say(s.PostObsMinutes),
            "aftercare_given" => Say(s.AftercareGiven), "red_flags_given" => Say(s.RedFlagsGiven),
            "licence_status" => p?.LicenceStatus is { } status ? Codes.Of(status) : null, "licence_issued" => Say(p?.LicenceIssued), "licence_expires" => Say(p?.LicenceExpires),
            "training_hours" => Since(t, r => Say(r.TrainingHours)), "years_licensed" => Say(p?.YearsLicensed), "certified_on" => Say(p?.CertifiedOn), "supervised_sessions" => Since(t, r => Say(r.SupervisedSessions)),
            "thoracic_competency_on" => Say(p?.ThoracicCompetencyOn), "permitted_muscles" => p?.PermittedMuscles is { } muscles ? string.Join("; ", muscles) : null,
            "bbp_training_on" => Say(p?.BbpTrainingOn), "cpr_expires" => Since(t, r => Say(r.CprExpires)),
            "sex" => t.Risk?.Sex, "birth_decade" => Say(t.Risk?.BirthDecade), "bmi_band" => t.Risk?.BmiBand,
            "attempted_at" => t.FollowUps.Count == 0 ? null : string.Join("; ", t.FollowUps.Select(f => Say(f.AttemptedAtUtc) ?? "at an unknown time")),
            // Not columns: the patient's session before this one, and the share of this one's fields that are filled in.
            "session_before" => t.Before is { } b ? Say([.. b.Regions.Select(r => r.Muscle ?? r.Region), b.Technique]) ?? "nothing recorded of it" : null,
            "completeness" => RecordRules.Completeness(s).ToString("P0", CultureInfo.InvariantCulture),
            _ => throw new ArgumentException($"No rule about sessions looks at '{field}'.", nameof(field)),
        };
    }

    /// <summary>The same of an event's fields.</summary>
    /// <exception cref="ArgumentException">No rule about events looks at such a field.</exception>
    public static string? Text(string field, ReportedEvent e) => field switch
    {
        "onset_at" => Say(e.Event.OnsetAtUtc), "resolved_at" => Say(e.Event.ResolvedAtUtc), "detected_at" => Say(e.Event.DetectedAtUtc), "recorded_at" => Say(e.Event.RecordedAtUtc),
        "outcome" => e.Event.Outcome, "sentinel" => Say(e.IsSentinel), "escalated_at" => Say(e.EscalatedAtUtc), "review_started_at" => Say(e.ReviewStartedAtUtc),
        _ => throw new ArgumentException($"No rule about events looks at '{field}'.", nameof(field)),
    };

    // What the newest record says, and what the one held on the day said where that differs.
    static string? Since(Treatment t, Func<Practitioner, string?> say) =>
        (t.Practitioner is { } now ? say(now) : null, t.PractitionerThen is { } then ? say(then) : null) is var (said, before) && before is not null && before != said ? $"{said ?? "nothing"} (on the day: {before})" : said;

    static string? Say(DateTime? at) => at?.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
    static string? Say(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    static string? Say(bool? yes) => yes switch { true => "yes", false => "no", null => null };
    static string? Say(int? number) => number?.ToString(CultureInfo.InvariantCulture);
    static string? Say(double? number) => number?.ToString(CultureInfo.InvariantCulture);
    static string? Say(IEnumerable<string?> list) => list.OfType<string>().ToList() is { Count: > 0 } said ? string.Join("; ", said) : null;
}
