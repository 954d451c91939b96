namespace SafetyAudit.Host.Demo;

/// <summary>An appointment. What is only known once needling began stays empty for those who cancelled or did not come.</summary>
internal sealed class DemoSession
{
    public string Id { get; set; } = "";
    public required DemoPractitioner Practitioner { get; init; }
    public required DemoPatient Patient { get; init; }
    public required DateOnly Day { get; init; }
    public required DateTime StartedAt { get; init; }
    public required string Status { get; init; }
    public required bool First { get; init; }

    public bool Completed => Status == "completed";
    public bool Needled => Status is "completed" or "aborted";

    public DateTime? ScreeningAt { get; set; }
    public DateTime? ConsentAt { get; set; }
    public DateTime? FirstNeedleAt { get; set; }
    public DateTime? EndedAt { get; set; }
    public DateTime? SignedAt { get; set; }
    public string? Position { get; set; }
    public IReadOnlyList<(DemoMuscle Muscle, string Side)> Sites { get; set; } = [];
    public string? Technique { get; set; }
    public int DepthMm { get; set; }
    public int LengthMm { get; set; }
    public int Needles { get; set; }
    public int NeedlesLeft { get; set; }
    public bool Estim { get; set; }
    public bool UltrasoundGuided { get; set; }
    public string? RiskNote { get; set; }
    public bool? HydrationChecked { get; set; }
    public bool Gloves { get; set; }
    public bool BleedingObserved { get; set; }
    public int PressureSeconds { get; set; }
    public int? ObservedMinutes { get; set; }
    public bool AftercareGiven { get; set; }
    public bool RedFlagsGiven { get; set; }

    public bool AtRiskThorax => Sites.Any(s => s.Muscle.AtRiskThorax);
}

/// <summary>Two years of appointments at one clinic, in the order of their days.</summary>
internal static class DemoSessions
{
    const int SlotsPerDay = 22, SlotMinutes = 30, FirstHour = 8;

    // The clinics' year: quieter in July, August and December. Kept small, or a season would look like a trend.
    static readonly double[] Season = [1.03, 1.00, 1.02, 0.98, 1.00, 1.01, 0.97, 0.96, 1.02, 1.03, 1.02, 0.96];

    public static IReadOnlyList<DemoSession> Make(string clinic, TimeZoneInfo zone, DateOnly lastDay, Random random)
    {
        var firstDay = lastDay.AddYears(-2).AddDays(1);
        var diary = DemoPractitioners.All.Where(p => p.Clinic == clinic)
            .SelectMany(p => Appointments(p, firstDay, lastDay, random).Select(a => (Practitioner: p, a.Day, a.Slot)))
            .OrderBy(a => a.Day).ThenBy(a => a.Slot).ThenBy(a => a.Practitioner.Number);

        var lists = DemoPractitioners.All.Where(p => p.Clinic == clinic).ToDictionary(p => p.Id, _ => new List<DemoPatient>());
        List<DemoSession> sessions = [];
        var patients = 0;
        foreach (var (practitioner, day, slot) in diary)
        {
            var patient = Returning(lists[practitioner.Id], day, random);
            if (patient is null) lists[practitioner.Id].Add(patient = DemoPatient.New(++patients, practitioner, random));
            patient.LastVisit = day;
            if (--patient.VisitsToCome == 0) lists[practitioner.Id].Remove(patient);

            var local = day.ToDateTime(new TimeOnly(FirstHour, 0)).AddMinutes(slot * SlotMinutes + random.Next(0, 4));
            var session = new DemoSession
            {
                Practitioner = practitioner, Patient = patient, Day = day,
                StartedAt = TimeZoneInfo.ConvertTimeToUtc(local, zone),
                Status = random.NextDouble() switch { < 0.96 => "completed", < 0.982 => "cancelled", < 0.994 => "no_show", _ => "aborted" },
                First = !patient.Treated,
            };
            if (session.Needled) Treat(session, lastDay, random);
            sessions.Add(session);
        }

        var number = 0;
        foreach (var session in sessions.OrderBy(s => s.StartedAt).ThenBy(s => s.Practitioner.Number)) session.Id = $"{clinic}-S{++number:00000}";
        return [.. sessions.OrderBy(s => s.Id, StringComparer.Ordinal)];
    }

    /// <summary>A month's volume spread at random over the practitioner's working days; no slot is used twice.</summary>
    static IEnumerable<(DateOnly Day, int Slot)> Appointments(DemoPractitioner practitioner, DateOnly firstDay, DateOnly lastDay, Random random)
    {
        for (var month = new DateOnly(firstDay.Year, firstDay.Month, 1); month <= lastDay; month = month.AddMonths(1))
        {
            var whole = Enumerable.Range(0, DateTime.DaysInMonth(month.Year, month.Month)).Select(month.AddDays).Where(d => WorksOn(practitioner, d)).ToList();
            var open = whole.Where(d => d >= firstDay && d <= lastDay).ToList();
            if (open.Count == 0) continue;
            var volume = practitioner.SessionsPerMonth * Season[month.Month - 1] * random.Between(0.97, 1.03) * open.Count / whole.Count;
            HashSet<(DateOnly, int)> taken = [];
            while (taken.Count < (int)Math.Round(volume))
            {
                var day = random.Pick(open);
                if (day.DayOfWeek == DayOfWeek.Saturday && random.Chance(0.7)) continue;   // a short Saturday
                taken.Add((day, random.Next(SlotsPerDay)));
            }
            foreach (var appointment in taken.Order()) yield return appointment;
        }
    }

    static bool WorksOn(DemoPractitioner practitioner, DateOnly day) => (day.Month, day.Day) is not ((12, 25) or (12, 26) or (1, 1)) && day.DayOfWeek switch
    {
        DayOfWeek.Sunday => false,
        DayOfWeek.Saturday => practitioner.SessionsPerMonth >= 150,
        _ => practitioner.SessionsPerMonth >= 80 || ((int)day.DayOfWeek + practitioner.Number) % 5 < 3,   // small lists are part-time: three days a week
    };

    /// <summary>Someone on the list who was not seen in the last two days, or nobody: then the slot goes to a new patient.</summary>
    static DemoPatient? Returning(List<DemoPatient> list, DateOnly day, Random random)
    {
        for (var attempt = 0; list.Count > 0 && attempt < 4; attempt++)
        {
            var patient = random.Pick(list);
            if (patient.LastVisit.AddDays(2) < day && !random.Chance(0.12)) return patient;
        }
        return null;
    }

    static void Treat(DemoSession session, DateOnly lastDay, Random random)
    {
        var (patient, practitioner) = (session.Patient, session.Practitioner);
        patient.Treated = true;
        session.ScreeningAt = session.StartedAt + random.Minutes(1, 3);
        session.ConsentAt = session.ScreeningAt + random.Minutes(0.5, 2.5);
        session.FirstNeedleAt = session.ConsentAt + random.Minutes(1, 4);
        session.EndedAt = session.FirstNeedleAt + (session.Completed ? random.Minutes(9, 16) : random.Minutes(1, 4));
        var signed = session.EndedAt + (random.Chance(0.97) ? random.Minutes(2, 150) : random.Minutes(900, 2000));
        session.SignedAt = signed < DemoEvents.EndOf(lastDay) ? signed : null;

        var here = practitioner.Permitted.Where(m => m.Region == patient.Region).ToArray();
        random.Shuffle(here);
        session.Sites = [.. here.Take(random.NextDouble() switch { < 0.35 => 1, < 0.8 => 2, _ => 3 }).Select(m => (m, patient.Side))];
        session.Needles = session.Completed ? session.Sites.Count * random.Next(1, 4) + random.Next(1, 3) : 1;

        // Over the lung: shallow, short needles, no pistoning, whatever else is treated in the session.
        var depthFrom = session.Sites.Min(s => s.Muscle.DepthFromMm);
        var depthTo = session.AtRiskThorax
            ? session.Sites.Where(s => s.Muscle.AtRiskThorax).Min(s => s.Muscle.DepthToMm)
            : session.Sites.Max(s => s.Muscle.DepthToMm);
        session.DepthMm = random.Next(depthFrom, depthTo + 1);
        session.LengthMm = session.AtRiskThorax ? 25 : session.DepthMm switch { <= 20 => 30, <= 32 => 40, <= 42 => 50, _ => 75 };
        session.Technique = session.AtRiskThorax ? random.Pick(["superficial", "in_situ"]) : random.Pick(["in_situ", "pistoning", "pistoning"]);

        var mustLie = session.First || patient.NeedleAnxiety || patient.PriorSyncope;
        session.Position = patient.Region switch
        {
            "neck" or "shoulder" or "forearm" => !mustLie && random.Chance(0.25) ? "sitting" : random.Pick(["prone", "supine", "side_lying"]),
            "upper_back" or "lower_back" => random.Chance(0.9) ? "prone" : "side_lying",
            _ => random.Pick(["prone", "supine", "side_lying"]),
        };
        session.RiskNote = patient.Flags.Any() ? "Risk weighed and precautions agreed with the patient"
            : session.AtRiskThorax && patient.Side == "both" ? "Both sides needed; treated one after the other, patient observed between"
            : null;

        session.Estim = !patient.Flags.Contains("implants") && random.Chance(0.07);
        session.UltrasoundGuided = random.Chance(0.02);
        session.HydrationChecked = random.NextDouble() switch { < 0.94 => true, < 0.97 => false, _ => null };
        session.Gloves = random.Chance(0.7);
        session.PressureSeconds = 10 * random.Next(3, 10) + (patient.Anticoagulated ? 120 : 0);
        session.ObservedMinutes = random.Chance(0.98) ? random.Next(session.First ? 10 : 5, 16) : null;
        session.AftercareGiven = random.Chance(0.985);
        session.RedFlagsGiven = session.AtRiskThorax || random.Chance(0.6);
        DemoFaults.LoseConsent(session, lastDay, random);
    }

    public static readonly IReadOnlyList<(string, Func<DemoSession, string?>)> Columns =
    [
        ("session_id", s => s.Id),
        ("clinic_id", s => s.Practitioner.Clinic),
        ("practitioner_id", s => s.Practitioner.Id),
        ("patient_id", s => $"{s.Practitioner.Clinic}-T{s.Patient.Number:0000}"),
        ("started_at", s => DemoCsv.Instant(s.StartedAt)),
        ("ended_at", s => DemoCsv.Instant(s.EndedAt)),
        ("status", s => s.Status),
        ("first_needle_at", s => DemoCsv.Instant(s.FirstNeedleAt)),
        ("is_first_session", s => DemoCsv.YesNo(s.First)),
        ("performer_role", s => s.Practitioner.Role),
        ("supervisor_id", s => s.Practitioner.Supervised ? s.Practitioner.Supervisor : null),
        ("plan_of_care_id", s => $"{s.Practitioner.Clinic}-C{s.Patient.Number:0000}"),
        ("position", s => s.Position),
        ("regions", s => string.Join(';', s.Sites.Select(x => x.Muscle.Region))),
        ("muscles", s => string.Join(';', s.Sites.Select(x => x.Muscle.Code))),
        ("sides", s => string.Join(';', s.Sites.Select(x => x.Side))),
        ("technique", s => s.Technique),
        ("max_depth_mm", Needled(s => DemoCsv.Number(s.DepthMm))),
        ("needle_gauge_mm", Needled(s => s.LengthMm <= 30 ? "0.25" : "0.30")),
        ("needle_length_mm", Needled(s => DemoCsv.Number(s.LengthMm))),
        ("needle_type", Needled(_ => "solid_filiform")),
        ("needle_material", Needled(_ => "stainless")),
        ("needle_single_use", Needled(_ => "true")),
        ("needle_sterile", Needled(_ => "true")),
        // A box lasts a quarter and keeps for three years from its delivery.
        ("needle_lot", Needled(s => $"{s.Practitioner.Clinic[0]}{s.LengthMm}-{s.Day.Year % 100:00}Q{(s.Day.Month + 2) / 3}")),
        ("needle_expiry", Needled(s => DemoCsv.Date(new DateOnly(s.Day.Year + 3, (s.Day.Month + 2) / 3 * 3, 28)))),
        ("needles_opened", Needled(s => DemoCsv.Number(s.Needles))),
        ("needles_inserted", Needled(s => DemoCsv.Number(s.Needles))),
        ("needles_removed", Needled(s => DemoCsv.Number(s.Needles - s.NeedlesLeft))),
        ("needles_disposed", Needled(s => DemoCsv.Number(s.Needles - s.NeedlesLeft))),
        ("estim", Needled(s => DemoCsv.YesNo(s.Estim))),
        ("pacemaker_checked", Needled(s => s.Estim ? "true" : null)),
        ("ultrasound_guided", Needled(s => DemoCsv.YesNo(s.UltrasoundGuided))),
        ("screening_at", s => DemoCsv.Instant(s.ScreeningAt)),
        ("screening_complete", Needled(_ => "true")),
        // An empty cell would say that nobody asked.
        ("screen_flags", Needled(s => s.Patient.Flags.Any() ? string.Join(';', s.Patient.Flags) : "none")),
        ("anticoagulant_class", Needled(s => s.Patient.AnticoagulantClass)),
        ("bleeding_disorder", Needled(s => DemoCsv.YesNo(s.Patient.BleedingDisorder))),
        ("metal_allergy", Needled(s => DemoCsv.YesNo(s.Patient.MetalAllergy))),
        ("needle_anxiety", Needled(s => DemoCsv.YesNo(s.Patient.NeedleAnxiety))),
        ("prior_syncope", Needled(s => DemoCsv.YesNo(s.Patient.PriorSyncope))),
        ("pregnancy_status", Needled(s => s.Patient.Pregnancy)),
        ("risk_note", s => s.RiskNote),
        ("hydration_checked", s => DemoCsv.YesNo(s.HydrationChecked)),
        ("consent_at", s => DemoCsv.Instant(s.ConsentAt)),
        ("consent_form", Needled(s => s.First ? "written" : "electronic")),
        ("consent_risks", Needled(s => "soreness;bruising;bleeding;fainting;infection;nerve" + (s.AtRiskThorax ? ";pneumothorax" : ""))),
        ("hand_hygiene", Needled(_ => "true")),
        ("skin_status", Needled(_ => "clean")),
        ("gloves", Needled(s => DemoCsv.YesNo(s.Gloves))),
        ("bleeding_observed", Needled(s => DemoCsv.YesNo(s.BleedingObserved))),
        ("pressure_seconds", s => s.BleedingObserved ? DemoCsv.Number(s.PressureSeconds) : null),
        ("post_obs_minutes", s => s.ObservedMinutes is { } minutes ? DemoCsv.Number(minutes) : null),
        ("aftercare_given", Needled(s => DemoCsv.YesNo(s.AftercareGiven))),
        ("red_flags_given", Needled(s => DemoCsv.YesNo(s.RedFlagsGiven))),
        ("signed_at", s => DemoCsv.Instant(s.SignedAt)),
    ];

    static Func<DemoSession, string?> Needled(Func<DemoSession, string?> value) => s => s.Needled ? value(s) : null;
}
