using System.Globalization;
using SafetyAudit.Data;
using SafetyAudit.Languages;
using SafetyAudit.Sessions;

namespace SafetyAudit.Protocol;

/// <summary>What the fields that a rule looks at hold, as text: a session's own, its practitioner's, its patient's risk profile's and its follow-ups'.</summary>
public static class RuleFields
{
    /// <returns>The field's value; null where it is not recorded. Free text is only said to be there.</returns>
    /// <exception cref="ArgumentException">No rule about sessions looks at such a field.</exception>
    public static string? Text(string field, Treatment t)
    {
        var (s, p) = (t.Session, t.Practitioner);
        return field switch
        {
            "started_at" => Say(s.StartedAtUtc), "ended_at" => Say(s.EndedAtUtc), "first_needle_at" => Say(s.FirstNeedleAtUtc), "consent_at" => Say(s.ConsentAtUtc),
            "screening_at" => Say(s.ScreeningAtUtc), "signed_at" => Say(s.SignedAtUtc), "is_first_session" => Say(s.IsFirstSession), "performer_role" => Worded(s.PerformerRole),
            "supervisor_id" => s.SupervisorId, "plan_of_care_id" => s.PlanOfCareId, "position" => s.Position is { } position ? Codes.Words(Codes.Of(position)) : null,
            "regions" => Worded(Say(s.Regions.Select(r => r.Region))), "muscles" => Worded(Say(s.Regions.Select(r => r.Muscle))), "sides" => Worded(Say(s.Regions.Select(r => r.Side))),
            "technique" => Worded(s.Technique), "max_depth_mm" => Say(s.MaxDepthMm), "needle_length_mm" => Say(s.NeedleLengthMm), "needle_type" => Worded(s.NeedleType), "needle_material" => Worded(s.NeedleMaterial),
            "needle_single_use" => Say(s.NeedleSingleUse), "needle_sterile" => Say(s.NeedleSterile), "needle_lot" => s.NeedleLot, "needle_expiry" => Say(s.NeedleExpiry),
            "needles_opened" => Say(s.NeedlesOpened), "needles_inserted" => Say(s.NeedlesInserted), "needles_removed" => Say(s.NeedlesRemoved), "needles_disposed" => Say(s.NeedlesDisposed),
            "estim" => Say(s.Estim), "pacemaker_checked" => Say(s.PacemakerChecked), "ultrasound_guided" => Say(s.UltrasoundGuided), "screening_complete" => Say(s.ScreeningComplete),
            "screen_flags" => s.ScreenFlags is { } flags ? flags.Count == 0 ? "none" : Codes.Words(string.Join("; ", flags)) : null, "anticoagulant_class" => Worded(s.AnticoagulantClass),
            "bleeding_disorder" => Say(s.BleedingDisorder), "metal_allergy" => Say(s.MetalAllergy), "needle_anxiety" => Say(s.NeedleAnxiety), "prior_syncope" => Say(s.PriorSyncope),
            "pregnancy_status" => Worded(s.PregnancyStatus), "risk_note" => t.HasRiskNote ? "there is one" : null, "hydration_checked" => Say(s.HydrationChecked), "consent_form" => Worded(s.ConsentForm),
            "consent_risks" => s.ConsentRisks is { } risks ? risks.Count == 0 ? "none" : Codes.Words(string.Join("; ", risks)) : null, "hand_hygiene" => Say(s.HandHygiene), "skin_status" => Worded(s.SkinStatus),
            "gloves" => Say(s.Gloves), "bleeding_observed" => Say(s.BleedingObserved), "pressure_seconds" => Say(s.PressureSeconds), "post_obs_minutes" => Say(s.PostObsMinutes),
            "aftercare_given" => Say(s.AftercareGiven), "red_flags_given" => Say(s.RedFlagsGiven),
            "licence_status" => p?.LicenceStatus is { } status ? Codes.Words(Codes.Of(status)) : null, "licence_issued" => Say(p?.LicenceIssued), "licence_expires" => Say(p?.LicenceExpires),
            "training_hours" => Since(t, r => Say(r.TrainingHours)), "years_licensed" => Say(p?.YearsLicensed), "certified_on" => Say(p?.CertifiedOn), "supervised_sessions" => Since(t, r => Say(r.SupervisedSessions)),
            "thoracic_competency_on" => Say(p?.ThoracicCompetencyOn), "permitted_muscles" => p?.PermittedMuscles is { } muscles ? Codes.Words(string.Join("; ", muscles)) : null,
            "bbp_training_on" => Say(p?.BbpTrainingOn), "cpr_expires" => Since(t, r => Say(r.CprExpires)),
            "sex" => t.Risk?.Sex, "birth_decade" => Say(t.Risk?.BirthDecade), "bmi_band" => Worded(t.Risk?.BmiBand),
            "attempted_at" => t.FollowUps.Count == 0 ? null : string.Join("; ", t.FollowUps.Select(f => Say(f.AttemptedAtUtc) ?? "at an unknown time")),
            // Not columns: the patient's session before this one, and the share of this one's fields that are filled in.
            "session_before" => t.Before is { } b ? Worded(Say([.. b.Regions.Select(r => r.Muscle ?? r.Region), b.Technique])) ?? "nothing recorded of it" : null,
            "completeness" => Figures.Percent(RecordRules.Completeness(s), Figures.Kept),
            _ => throw new ArgumentException($"No rule about sessions looks at '{field}'.", nameof(field)),
        };
    }

    /// <summary>The same of an event's fields.</summary>
    /// <exception cref="ArgumentException">No rule about events looks at such a field.</exception>
    public static string? Text(string field, ReportedEvent e) => field switch
    {
        "onset_at" => Say(e.Event.OnsetAtUtc), "resolved_at" => Say(e.Event.ResolvedAtUtc), "detected_at" => Say(e.Event.DetectedAtUtc), "recorded_at" => Say(e.Event.RecordedAtUtc),
        "outcome" => Worded(e.Event.Outcome), "sentinel" => Say(e.IsSentinel), "escalated_at" => Say(e.EscalatedAtUtc), "review_started_at" => Say(e.ReviewStartedAtUtc),
        _ => throw new ArgumentException($"No rule about events looks at '{field}'.", nameof(field)),
    };

    /// <summary>What a field is called where people read it; in files it has its own name.</summary>
    public static string Name(string field) => field switch
    {
        "started_at" => "start of the session", "ended_at" => "end of the session", "first_needle_at" => "first needle", "consent_at" => "time of consent", "screening_at" => "time of screening", "signed_at" => "note signed",
        "is_first_session" => "first session", "supervisor_id" => "supervisor", "plan_of_care_id" => "plan of care", "max_depth_mm" => "deepest needle, mm", "needle_length_mm" => "needle length, mm",
        "needle_single_use" => "single-use needle", "needle_sterile" => "sterile needle", "estim" => "electrical stimulation", "pacemaker_checked" => "pacemaker asked about", "screen_flags" => "screening flags",
        "prior_syncope" => "fainted before", "hydration_checked" => "food and drink asked about", "consent_risks" => "risks named for consent", "pressure_seconds" => "seconds of pressure", "post_obs_minutes" => "minutes observed afterwards",
        "red_flags_given" => "warning signs explained", "licence_expires" => "licence valid until", "training_hours" => "hours of training", "years_licensed" => "years of licence", "certified_on" => "certificate since",
        "thoracic_competency_on" => "thoracic competency since", "bbp_training_on" => "blood-borne-pathogen training", "cpr_expires" => "first aid valid until", "birth_decade" => "decade of birth", "bmi_band" => "band of body mass index",
        "attempted_at" => "follow-up tried", "onset_at" => "onset", "resolved_at" => "over", "detected_at" => "found", "recorded_at" => "written down", "escalated_at" => "taken further", "review_started_at" => "review begun",
        "completeness" => "share of fields filled in", _ => Codes.Words(field),
    };

    // What the newest record says, and what the one held on the day said where that differs.
    static string? Since(Treatment t, Func<Practitioner, string?> say) =>
        (t.Practitioner is { } now ? say(now) : null, t.PractitionerThen is { } then ? say(then) : null) is var (said, before) && before is not null && before != said ? $"{said ?? "nothing"} (on the day: {before})" : said;

    static string? Worded(string? codes) => codes is null ? null : Codes.Words(codes);
    static string? Say(DateTime? at) => at?.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
    static string? Say(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    static string? Say(bool? yes) => yes switch { true => "yes", false => "no", null => null };
    static string? Say(int? number) => number?.ToString(CultureInfo.InvariantCulture);
    static string? Say(double? number) => number?.ToString(CultureInfo.InvariantCulture);
    static string? Say(IEnumerable<string?> list) => list.OfType<string>().ToList() is { Count: > 0 } said ? string.Join("; ", said) : null;
}
