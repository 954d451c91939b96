namespace SafetyAudit.Host.Demo;

/// <summary>One recorded event of a session.</summary>
internal sealed record DemoEvent(DemoSession Session, DemoEventKind Kind, DateTime OnsetAt, DateTime DetectedAt, DateTime RecordedAt, DateTime? ResolvedAt,
    bool ByFollowUp, string Causality, string? Narrative)
{
    public string Id { get; set; } = "";
}

/// <summary>A category: its rate per 1,000 completed sessions at each clinic, when it starts, how long it lasts, and what is done about it.</summary>
internal sealed record DemoEventKind(string Code, double River, double Harb, double North, double OnsetFromHours, double OnsetToHours,
    double ExpectedHours, double ProlongedHours, string Severity, string Action, string Narrative)
{
    /// <summary>Seen while the patient is still on the couch, so that the practitioner is the one who detects it.</summary>
    public bool DuringSession => OnsetToHours == 0;

    public double Rate(string clinic) => clinic switch { "RIVER" => River, "HARB" => Harb, _ => North };
}

internal static class DemoEvents
{
    // Rates lie near the shipped baselines and differ from clinic to clinic; windows are those of the baselines. Onset 0 to 0: during the session.
    static readonly IReadOnlyList<DemoEventKind> Kinds =
    [
        new("BRUISE_MINOR", 74, 86, 64, 0.3, 20, 96, 168, "mild", "Advice given", "Small bruise at one site, about 2 cm"),
        new("BLEED_MINOR", 88, 110, 66, 0, 0, 1, 24, "mild", "Pressure applied", "Drop of blood on withdrawal, stopped with pressure"),
        new("PAIN_DURING", 41, 48, 33, 0, 0, 1, 24, "mild", "Needle withdrawn", "Sharper pain than expected, eased once the needle was out"),
        new("PAIN_POST", 23, 27, 20, 1, 20, 48, 72, "mild", "Advice given", "Sore on movement the evening after, described as \"like after exercise\""),
        new("AGGRAVATION", 8, 8.6, 7.4, 4, 40, 48, 168, "mild", "Plan of care adjusted", "Usual symptoms stronger for a day"),
        new("NEAR_FAINT", 2, 2.2, 1.8, 0, 0, 1, 24, "mild", "Laid flat, observed", "Light-headed, pale; better after lying flat"),
        new("DROWSINESS", 2.6, 2.5, 2.8, 0.2, 3, 24, 48, "mild", "Rested before leaving", "Sleepy after the session, waited before driving"),
        new("HEADACHE", 1.4, 1.3, 1.6, 1, 10, 24, 72, "mild", "Advice given", "Dull headache in the evening"),
        new("NAUSEA", 1.3, 1.2, 1.4, 0.1, 2, 4, 24, "mild", "Observed", "Queasy for an hour"),
        new("FATIGUE", 0.4, 0.4, 0.4, 1, 12, 24, 72, "mild", "Advice given", "Tired for the rest of the day"),
        new("EMOTIONAL", 0.4, 0.3, 0.5, 0, 0, 24, 72, "mild", "Session paused", "Tearful for a short while, settled"),
        new("SYNCOPE", 0.15, 0.2, 0.15, 0, 0, 1, 24, "moderate", "Laid flat, observed", "Brief loss of consciousness, full recovery within minutes"),
        new("NERVE_TRANSIENT", 0.13, 0.15, 0.15, 0.2, 12, 120, 168, "moderate", "Reviewed by telephone", "Tingling below the site, fading over days"),
        new("ALLERGY_MILD", 0.08, 0.06, 0.08, 2, 24, 72, 168, "mild", "Advice given", "Itching and redness around one site"),
    ];

    static readonly DemoEventKind Retained = new("NEEDLE_RETAINED", 0, 0, 0, 0, 0, 1, 24, "moderate", "Needle removed, site checked, count repeated",
        "One needle found still in place when the patient dressed; removed without difficulty, patient informed");

    /// <summary>Midnight UTC after the last day: nothing in the files is dated later.</summary>
    public static DateTime EndOf(DateOnly lastDay) => lastDay.AddDays(1).ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);

    public static IReadOnlyList<DemoEvent> Make(string clinic, IReadOnlyList<DemoSession> sessions, DateOnly lastDay, Random random)
    {
        List<DemoEvent> events = [];
        foreach (var session in sessions.Where(s => s.Completed))
        {
            foreach (var kind in Kinds)
            {
                if (!random.Chance(Probability(kind, session, clinic, lastDay))) continue;
                if (kind.Code == "BLEED_MINOR") session.BleedingObserved = true;
                events.Add(Record(kind, session, random));
            }
            if (session.NeedlesLeft > 0) events.Add(RecordRetained(session));
        }

        // What has not been recorded by the last day is not in the file: a clinic that reports late has few events in its latest weeks.
        var known = events.Where(e => e.RecordedAt < EndOf(lastDay)).OrderBy(e => e.RecordedAt).ThenBy(e => e.Session.Id, StringComparer.Ordinal).ToList();
        for (var i = 0; i < known.Count; i++)
        {
            known[i].Id = $"{clinic}-E{i + 1:00000}";
            if (known[i].ResolvedAt >= EndOf(lastDay)) known[i] = known[i] with { ResolvedAt = null };
        }
        return known;
    }

    static double Probability(DemoEventKind kind, DemoSession session, string clinic, DateOnly lastDay)
    {
        var caseMix = kind.Code switch
        {
            "BLEED_MINOR" when session.Patient.Anticoagulated => 2.5,       // raised under warfarin, DOAC and heparin (Hsieh 2023)
            "NEAR_FAINT" => session.First ? 2.8 : 0.6,                      // mostly at the first visit (Chen 1990); about 1 over all visits
            _ => 1,
        };
        var planted = kind.Code == "BRUISE_MINOR" && session.Practitioner.Id == DemoFaults.BruisingDoubles
            && session.Day > DemoFaults.BruisingDoublesFrom(lastDay) ? 2 : 1;
        return kind.Rate(clinic) / 1000 * session.Practitioner.RecordingHabit * caseMix * planted;
    }

    static DemoEvent Record(DemoEventKind kind, DemoSession session, Random random)
    {
        var onset = kind.DuringSession
            ? session.FirstNeedleAt!.Value + random.Minutes(0.5, 8)
            : session.EndedAt!.Value + random.Minutes(60 * kind.OnsetFromHours, 60 * kind.OnsetToHours);
        var byFollowUp = !kind.DuringSession && random.Chance(0.2) && DemoFollowUps.AsksPatients(session.Practitioner.Clinic);
        // What was seen in the room is written down with the note; what starts at home is heard within the next day or so.
        var delay = random.NextDouble() switch
        {
            < 0.75 when kind.DuringSession => random.Minutes(15, 180),
            < 0.75 => random.Minutes(120, 1300),
            < 0.95 => random.Minutes(720, 1800),
            _ => random.Minutes(1800, 2400),
        };
        if (session.Practitioner.Clinic == DemoFaults.RecordsLate) delay = TimeSpan.FromMinutes(Math.Round(60 * 24 * 12 * Math.Exp(0.4 * random.Normal())));
        var recorded = WhenOpen(onset + delay);
        var heard = onset + random.Minutes(60, 1200);
        var detected = kind.DuringSession ? onset : heard < recorded ? heard : recorded;
        var lasted = random.NextDouble() switch
        {
            < 0.93 => random.Minutes(60 * 0.1 * kind.ExpectedHours, 60 * 0.95 * kind.ExpectedHours),
            < 0.985 => random.Minutes(60 * kind.ExpectedHours, 60 * kind.ProlongedHours),
            < 0.998 => random.Minutes(60 * kind.ProlongedHours, 60 * 1.5 * kind.ProlongedHours),
            _ => (TimeSpan?)null,
        };
        return new(session, kind, onset, detected, recorded, onset + lasted, byFollowUp,
            Causality: kind.DuringSession ? "certain" : random.Pick(["probable", "probable", "possible"]),
            Narrative: kind.Severity != "mild" || random.Chance(0.04) ? kind.Narrative : null);
    }

    /// <summary>Nobody writes at night: what would fall outside the working day is recorded the next morning.</summary>
    static DateTime WhenOpen(DateTime utc) => utc.Hour switch
    {
        < 7 => utc.AddHours(8 - utc.Hour),
        >= 19 => utc.AddHours(32 - utc.Hour),
        _ => utc,
    };

    static DemoEvent RecordRetained(DemoSession session)
    {
        var found = session.EndedAt!.Value.AddMinutes(4);
        return new(session, Retained, found, found, found.AddMinutes(35), found.AddMinutes(2), ByFollowUp: false, "certain", Retained.Narrative);
    }

    public static readonly IReadOnlyList<(string, Func<DemoEvent, string?>)> Columns =
    [
        ("event_id", e => e.Id),
        ("patient_id", e => $"{e.Session.Practitioner.Clinic}-T{e.Session.Patient.Number:0000}"),
        ("category", e => e.Kind.Code),
        ("onset_at", e => DemoCsv.Instant(e.OnsetAt)),
        ("recorded_at", e => DemoCsv.Instant(e.RecordedAt)),
        ("detected_at", e => DemoCsv.Instant(e.DetectedAt)),
        ("session_id", e => e.Session.Id),
        ("practitioner_id", e => e.Session.Practitioner.Id),
        ("clinic_id", e => e.Session.Practitioner.Clinic),
        ("severity", e => e.Kind.Severity),
        ("ctcae_grade", e => e.Kind.Severity == "mild" ? "1" : "2"),
        ("seriousness", _ => "Non-serious"),
        ("causality", e => e.Causality),
        ("outcome", e => e.ResolvedAt is null ? "ongoing" : "resolved"),
        ("resolved_at", e => DemoCsv.Instant(e.ResolvedAt)),
        ("medical_attention", _ => "none"),
        ("action_taken", e => e.Kind.Action),
        ("reporter_role", e => e.ByFollowUp ? "patient" : e.Session.Practitioner.Role),
        ("report_channel", e => e.ByFollowUp ? "patient_follow_up" : "practitioner"),
        ("body_region", e => e.Session.Sites[0].Muscle.Region),
        ("narrative", e => e.Narrative),
    ];
}
