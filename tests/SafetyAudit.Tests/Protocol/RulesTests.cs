using CsvHelper;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;

namespace SafetyAudit.Tests.Protocol;

/// <summary>Each rule's four outcomes and its edges. What a rule asks comes from the clinical note's table, which is compared with too.</summary>
public class RulesTests
{
    static readonly DateTime Start = new(2026, 3, 2, 10, 0, 0, DateTimeKind.Utc), Midnight = new(2026, 3, 2, 0, 0, 0, DateTimeKind.Utc);
    static readonly DateOnly Day = new(2026, 3, 2);

    /// <summary>What a case changes; everything else is empty.</summary>
    sealed class Given
    {
        public Session Session { get; } = new() { Status = SessionStatus.Completed, StartedAtUtc = Start, Date = Day };
        public Practitioner Practitioner { get; } = new();
        public Practitioner? Then { get; set; }
        public ClinicProtocol Clinic { get; } = ClinicProtocol.NothingSet("C1");
        public PatientRisk? Risk { get; set; }
        public Session? Before { get; set; }
        public List<FollowUp> FollowUps { get; } = [];
        public bool NobodyKnown { get; set; }

        public Treatment Treatment => new() { Session = Session, Practitioner = NobodyKnown ? null : Practitioner, PractitionerThen = NobodyKnown ? null : Then ?? Practitioner, Clinic = Clinic, Risk = Risk, Before = Before, FollowUps = FollowUps, DayStartsUtc = Midnight };
    }

    sealed record Case(string Rule, Outcome Expected, string What, Action<Given> Change);

    const Outcome Pass = Outcome.Pass, Fail = Outcome.Fail, Open = Outcome.NotRecorded, None = Outcome.NotApplicable;

    static void Licence(Given g, string issued, string expires, LicenceStatus? status = LicenceStatus.Active) =>
        (g.Practitioner.LicenceStatus, g.Practitioner.LicenceIssued, g.Practitioner.LicenceExpires) = (status, DateOnly.Parse(issued), DateOnly.Parse(expires));

    static void Over(Given g, params string?[] muscles) => (g.Session.Regions, g.Session.IsAtRiskThorax) = ([.. muscles.Select(m => new SessionRegion("somewhere", m, "left"))], muscles.Contains("upper_trapezius"));

    static void Sides(Given g, params string?[] sides) => (g.Session.Regions, g.Session.IsAtRiskThorax) = ([.. sides.Select(s => new SessionRegion(null, "rhomboids", s))], true);

    static readonly Case[] Cases =
    [
        new("PR-001", Pass, "between issue and expiry", g => Licence(g, "2015-01-01", "2030-12-31")),
        new("PR-001", Pass, "on its last day", g => Licence(g, "2015-01-01", "2026-03-02")),
        new("PR-001", Fail, "expired the day before", g => Licence(g, "2015-01-01", "2026-03-01")),
        new("PR-001", Fail, "issued the day after", g => Licence(g, "2026-03-03", "2030-12-31")),
        new("PR-001", Fail, "suspended", g => Licence(g, "2015-01-01", "2030-12-31", LicenceStatus.Suspended)),
        new("PR-001", Pass, "lapsed since", g => Licence(g, "2015-01-01", "2026-06-30", LicenceStatus.Lapsed)),
        new("PR-001", Open, "no status", g => Licence(g, "2015-01-01", "2030-12-31", null)),
        new("PR-001", Open, "nobody's record", g => g.NobodyKnown = true),
        new("PR-001", None, "cancelled", g => g.Session.Status = SessionStatus.Cancelled),

        new("PR-002", None, "nothing laid down", g => g.Practitioner.TrainingHours = 5),
        new("PR-002", Pass, "as many hours as asked, certified on the day", g => (g.Clinic.MinTrainingHours, g.Practitioner.TrainingHours, g.Practitioner.CertifiedOn) = (50, 50, Day)),
        new("PR-002", Fail, "too few hours", g => (g.Clinic.MinTrainingHours, g.Practitioner.TrainingHours, g.Practitioner.CertifiedOn) = (50, 49.5, Day)),
        new("PR-002", Fail, "certified the day after", g => (g.Clinic.MinTrainingHours, g.Practitioner.TrainingHours, g.Practitioner.CertifiedOn) = (50, 60, Day.AddDays(1))),
        new("PR-002", Fail, "too few years, hours unknown", g => (g.Clinic.MinTrainingHours, g.Clinic.MinYearsLicensed, g.Practitioner.YearsLicensed) = (50, 2, 1)),
        new("PR-002", Pass, "one year when the record was written, three since the licence", g => (g.Clinic.MinYearsLicensed, g.Practitioner.YearsLicensed, g.Practitioner.LicenceIssued, g.Practitioner.CertifiedOn) = (2, 1, new(2023, 1, 1), Day)),
        new("PR-002", Open, "hours that only a later record has", g => (g.Clinic.MinTrainingHours, g.Practitioner.TrainingHours, g.Practitioner.CertifiedOn, g.Then) = (50, 60, Day, new() { TrainingHours = 40 })),
        new("PR-002", Pass, "more hours since", g => (g.Clinic.MinTrainingHours, g.Practitioner.TrainingHours, g.Practitioner.CertifiedOn, g.Then) = (50, 60, Day, new() { TrainingHours = 50 })),
        new("PR-002", Fail, "corrected to fewer", g => (g.Clinic.MinTrainingHours, g.Practitioner.TrainingHours, g.Practitioner.CertifiedOn, g.Then) = (50, 40, Day, new() { TrainingHours = 60 })),
        new("PR-002", Open, "hours unknown", g => (g.Clinic.MinTrainingHours, g.Practitioner.CertifiedOn) = (50, Day)),

        new("PR-003", None, "no quota laid down", g => g.Practitioner.SupervisedSessions = 0),
        new("PR-003", None, "a quota of none", g => g.Clinic.MinSupervisedSessions = 0),
        new("PR-003", Pass, "quota reached", g => (g.Clinic.MinSupervisedSessions, g.Practitioner.SupervisedSessions) = (25, 25)),
        new("PR-003", Pass, "supervisor named", g => (g.Clinic.MinSupervisedSessions, g.Practitioner.SupervisedSessions, g.Session.SupervisorId) = (25, 3, "P9")),
        new("PR-003", Fail, "neither", g => (g.Clinic.MinSupervisedSessions, g.Practitioner.SupervisedSessions) = (25, 24)),
        new("PR-003", Open, "reached in a later record only", g => (g.Clinic.MinSupervisedSessions, g.Practitioner.SupervisedSessions, g.Then) = (25, 25, new() { SupervisedSessions = 12 })),
        new("PR-003", Pass, "not reached then, but a supervisor named", g => (g.Clinic.MinSupervisedSessions, g.Practitioner.SupervisedSessions, g.Then, g.Session.SupervisorId) = (25, 25, new() { SupervisedSessions = 12 }, "P9")),
        new("PR-003", Open, "number unknown", g => g.Clinic.MinSupervisedSessions = 25),

        new("PR-004", None, "no roles laid down", g => g.Session.PerformerRole = "assistant"),
        new("PR-004", Pass, "one of the roles", g => (g.Clinic.AuthorisedRoles, g.Session.PerformerRole) = (["physiotherapist", "physician"], "physician")),
        new("PR-004", Fail, "none of the roles", g => (g.Clinic.AuthorisedRoles, g.Session.PerformerRole) = (["physiotherapist"], "assistant")),
        new("PR-004", Open, "role unknown", g => g.Clinic.AuthorisedRoles = ["physiotherapist"]),

        new("PR-005", Pass, "with the first needle", g => (g.Session.ConsentAtUtc, g.Session.FirstNeedleAtUtc) = (Start.AddMinutes(4), Start.AddMinutes(4))),
        new("PR-005", Fail, "after it", g => (g.Session.ConsentAtUtc, g.Session.FirstNeedleAtUtc) = (Start.AddMinutes(5), Start.AddMinutes(4))),
        new("PR-005", Pass, "before the start, needle unknown", g => g.Session.ConsentAtUtc = Start.AddMinutes(-1)),
        new("PR-005", Open, "after the start, needle unknown", g => g.Session.ConsentAtUtc = Start.AddMinutes(1)),
        new("PR-005", Open, "no consent", g => g.Session.FirstNeedleAtUtc = Start),
        new("PR-005", Fail, "on a form that does not count", g => (g.Session.ConsentAtUtc, g.Session.ConsentForm, g.Clinic.AcceptedConsentForms) = (Start, "oral", ["written"])),
        new("PR-005", Open, "on an unknown form", g => (g.Session.ConsentAtUtc, g.Clinic.AcceptedConsentForms) = (Start, ["written"])),
        new("PR-005", None, "cancelled", g => g.Session.Status = SessionStatus.Cancelled),

        new("PR-006", Pass, "named", g => { Over(g, "upper_trapezius"); g.Session.ConsentRisks = ["bruising", "pneumothorax"]; }),
        new("PR-006", Fail, "not named", g => { Over(g, "upper_trapezius"); g.Session.ConsentRisks = ["bruising"]; }),
        new("PR-006", Open, "risks unknown", g => Over(g, "upper_trapezius")),
        new("PR-006", None, "elsewhere", g => Over(g, "gluteus_medius")),
        new("PR-006", Open, "muscle unknown", g => Over(g, (string?)null)),
        new("PR-006", Open, "places unknown", _ => { }),

        new("PR-007", None, "first session", g => { Over(g, "soleus"); g.Session.Technique = "pistoning"; }),
        new("PR-007", None, "the same again", g => { Over(g, "soleus"); (g.Session.Technique, g.Before) = ("in_situ", g.Session); }),
        new("PR-007", Pass, "another muscle, consent of the day", g => { Over(g, "soleus"); (g.Before, g.Session.ConsentAtUtc) = (new() { Regions = [new(null, "gluteus_medius", null)] }, Midnight); }),
        new("PR-007", Fail, "another muscle, consent of the day before", g => { Over(g, "soleus"); (g.Before, g.Session.ConsentAtUtc) = (new() { Regions = [new(null, "gluteus_medius", null)] }, Midnight.AddSeconds(-1)); }),
        new("PR-007", Fail, "another technique, old consent", g => (g.Before, g.Session.Technique, g.Session.ConsentAtUtc) = (new() { Technique = "in_situ" }, "pistoning", Midnight.AddDays(-30))),
        new("PR-007", Open, "another technique, no consent", g => (g.Before, g.Session.Technique) = (new() { Technique = "in_situ" }, "pistoning")),
        new("PR-007", Open, "a muscle where only the region was recorded before", g => { Over(g, "soleus"); (g.Before, g.Session.Technique, g.Session.ConsentAtUtc) = (new() { Technique = "in_situ", Regions = [new("somewhere", null, "left")] }, "in_situ", Midnight.AddDays(-9)); }),
        new("PR-007", None, "the same region, no muscle either time", g => { Over(g, (string?)null); (g.Before, g.Session.Technique) = (new() { Technique = "in_situ", Regions = [new("somewhere", null, "left")] }, "in_situ"); }),
        new("PR-007", Fail, "another region, no muscle either time", g => { Over(g, (string?)null); (g.Before, g.Session.Technique, g.Session.ConsentAtUtc) = (new() { Technique = "in_situ", Regions = [new("elsewhere", null, "left")] }, "in_situ", Midnight.AddDays(-9)); }),
        new("PR-007", Open, "places unknown", g => g.Before = new() { Technique = "in_situ" }),

        new("PR-008", Pass, "before the needle", g => (g.Session.ScreeningComplete, g.Session.ScreeningAtUtc, g.Session.FirstNeedleAtUtc) = (true, Start, Start)),
        new("PR-008", Fail, "after the needle", g => (g.Session.ScreeningComplete, g.Session.ScreeningAtUtc, g.Session.FirstNeedleAtUtc) = (true, Start.AddMinutes(1), Start)),
        new("PR-008", Fail, "not complete", g => g.Session.ScreeningComplete = false),
        new("PR-008", Pass, "as old as allowed", g => (g.Session.ScreeningComplete, g.Session.ScreeningAtUtc, g.Clinic.ScreeningValidDays) = (true, Midnight.AddDays(-90), 90)),
        new("PR-008", Fail, "older", g => (g.Session.ScreeningComplete, g.Session.ScreeningAtUtc, g.Clinic.ScreeningValidDays) = (true, Midnight.AddDays(-90).AddSeconds(-1), 90)),
        new("PR-008", Fail, "after the end", g => (g.Session.ScreeningComplete, g.Session.ScreeningAtUtc, g.Session.EndedAtUtc) = (true, Start.AddHours(8), Start.AddMinutes(30))),
        new("PR-008", Open, "while it lasted, needle unknown", g => (g.Session.ScreeningComplete, g.Session.ScreeningAtUtc, g.Session.EndedAtUtc) = (true, Start.AddMinutes(2), Start.AddMinutes(30))),
        new("PR-008", Open, "time unknown", g => g.Session.ScreeningComplete = true),
        new("PR-008", None, "did not come", g => g.Session.Status = SessionStatus.NoShow),

        new("PR-009", Pass, "both", g => (g.Session.AnticoagulantClass, g.Session.BleedingDisorder) = ("none", false)),
        new("PR-009", Fail, "one of the two", g => g.Session.AnticoagulantClass = "none"),
        new("PR-009", Open, "neither", _ => { }),
        new("PR-009", None, "aborted before the needle", g => g.Session.Status = SessionStatus.Aborted),

        new("PR-010", None, "no muscles laid down", g => { Over(g, "psoas"); g.Session.AnticoagulantClass = "warfarin"; }),
        new("PR-010", None, "antiplatelet only", g => (g.Session.AnticoagulantClass, g.Clinic.DeepNonCompressibleMuscles) = ("antiplatelet", ["psoas"])),
        new("PR-010", Fail, "a drug by its name", g => { Over(g, "psoas"); (g.Session.AnticoagulantClass, g.Session.UltrasoundGuided, g.Clinic.DeepNonCompressibleMuscles) = ("apixaban", false, ["psoas"]); }),
        new("PR-010", Open, "a word that nobody knows", g => (g.Session.AnticoagulantClass, g.Clinic.DeepNonCompressibleMuscles) = ("unknown", ["psoas"])),
        new("PR-010", Open, "class unknown", g => g.Clinic.DeepNonCompressibleMuscles = ["psoas"]),
        new("PR-010", Pass, "another muscle", g => { Over(g, "soleus"); (g.Session.AnticoagulantClass, g.Clinic.DeepNonCompressibleMuscles) = ("doac", ["psoas"]); }),
        new("PR-010", Fail, "deep, without ultrasound or reason", g => { Over(g, "psoas"); (g.Session.AnticoagulantClass, g.Session.UltrasoundGuided, g.Clinic.DeepNonCompressibleMuscles) = ("doac", false, ["psoas"]); }),
        new("PR-010", Pass, "deep, under ultrasound", g => { Over(g, "psoas"); (g.Session.AnticoagulantClass, g.Session.UltrasoundGuided, g.Clinic.DeepNonCompressibleMuscles) = ("heparin", true, ["psoas"]); }),
        new("PR-010", Pass, "deep, with a reason", g => { Over(g, "psoas"); (g.Session.AnticoagulantClass, g.Session.RiskNote, g.Clinic.DeepNonCompressibleMuscles) = ("warfarin", "agreed", ["psoas"]); }),
        new("PR-010", Open, "deep, ultrasound unknown", g => { Over(g, "psoas"); (g.Session.AnticoagulantClass, g.Clinic.DeepNonCompressibleMuscles) = ("warfarin", ["psoas"]); }),

        new("PR-011", Pass, "no allergy", g => g.Session.MetalAllergy = false),
        new("PR-011", Fail, "allergy and a steel needle", g => (g.Session.MetalAllergy, g.Session.NeedleMaterial) = (true, "stainless")),
        new("PR-011", Pass, "allergy and another needle", g => (g.Session.MetalAllergy, g.Session.NeedleMaterial) = (true, "gold")),
        new("PR-011", Pass, "allergy and a decision", g => (g.Session.MetalAllergy, g.Session.NeedleMaterial, g.Session.RiskNote) = (true, "stainless", "agreed")),
        new("PR-011", Open, "allergy, needle unknown", g => g.Session.MetalAllergy = true),
        new("PR-011", Open, "not asked", _ => { }),
        new("PR-011", None, "cancelled", g => g.Session.Status = SessionStatus.Cancelled),

        new("PR-012", Pass, "asked, none", g => g.Session.ScreenFlags = ["none"]),
        new("PR-012", Pass, "a relative one", g => g.Session.ScreenFlags = ["diabetes"]),
        new("PR-012", Fail, "an absolute one", g => g.Session.ScreenFlags = ["diabetes", "local_infection"]),
        new("PR-012", Open, "in words of its own", g => g.Session.ScreenFlags = ["afraid_of_needles"]),
        new("PR-012", Fail, "one of the clinic's own", g => (g.Session.ScreenFlags, g.Clinic.AbsoluteContraindications) = (["afraid_of_needles"], ["afraid_of_needles"])),
        new("PR-012", Open, "not recorded", _ => { }),
        new("PR-012", None, "cancelled", g => g.Session.Status = SessionStatus.Cancelled),

        new("PR-013", None, "no flag", g => g.Session.ScreenFlags = []),
        new("PR-013", Pass, "with a reason", g => (g.Session.ScreenFlags, g.Session.RiskNote) = (["diabetes"], "weighed")),
        new("PR-013", Fail, "without", g => g.Session.ScreenFlags = ["pregnancy"]),
        new("PR-013", Fail, "a note of spaces is none", g => (g.Session.ScreenFlags, g.Session.RiskNote) = (["pregnancy"], "  ")),
        new("PR-013", Open, "not recorded", _ => { }),

        new("PR-014", Pass, "recorded", g => g.Session.PregnancyStatus = "not_pregnant"),
        new("PR-014", Open, "not recorded", _ => { }),
        new("PR-014", Open, "a word that nobody knows", g => g.Session.PregnancyStatus = "declined"),
        new("PR-014", Pass, "male in the profile and pregnant in the session", g => (g.Risk, g.Session.PregnancyStatus) = (new() { Sex = "male" }, "pregnant")),
        new("PR-014", None, "male", g => g.Risk = new() { Sex = "male" }),
        new("PR-014", None, "older than asked", g => (g.Risk, g.Clinic.PregnancyAskedToAge) = (new() { BirthDecade = 1950 }, 60)),
        new("PR-014", Open, "may be as young as asked", g => (g.Risk, g.Clinic.PregnancyAskedToAge) = (new() { BirthDecade = 1960 }, 60)),
        new("PR-014", Fail, "pregnant, a precaution region without a reason", g => { Over(g, "adductors"); (g.Session.PregnancyStatus, g.Clinic.PregnancyPrecautionRegions) = ("pregnant", ["adductors"]); }),
        new("PR-014", Pass, "the same with a reason", g => { Over(g, "adductors"); (g.Session.PregnancyStatus, g.Session.RiskNote, g.Clinic.PregnancyPrecautionRegions) = ("pregnant", "agreed", ["adductors"]); }),
        new("PR-014", Open, "pregnant, a region that may be on the list", g => { Over(g, (string?)null); (g.Session.PregnancyStatus, g.Clinic.PregnancyPrecautionRegions) = ("pregnant", ["adductors"]); }),
        new("PR-014", Pass, "pregnant, elsewhere", g => { Over(g, "soleus"); (g.Session.PregnancyStatus, g.Clinic.PregnancyPrecautionRegions) = ("pregnant", ["adductors"]); }),

        new("PR-015", Pass, "first, on the side", g => (g.Session.IsFirstSession, g.Session.Position) = (true, PatientPosition.SideLying)),
        new("PR-015", Fail, "fainted before, sitting", g => (g.Session.PriorSyncope, g.Session.Position) = (true, PatientPosition.Sitting)),
        new("PR-015", Open, "first, position unknown", g => g.Session.IsFirstSession = true),
        new("PR-015", None, "none of the three", g => (g.Session.IsFirstSession, g.Session.NeedleAnxiety, g.Session.PriorSyncope, g.Session.Position) = (false, false, false, PatientPosition.Sitting)),
        new("PR-015", Open, "one of the three unknown", g => (g.Session.IsFirstSession, g.Session.PriorSyncope, g.Session.Position) = (false, false, PatientPosition.Sitting)),

        new("PR-016", Pass, "asked", g => g.Session.HydrationChecked = true),
        new("PR-016", Fail, "not asked", g => g.Session.HydrationChecked = false),
        new("PR-016", Open, "not recorded", _ => { }),
        new("PR-016", None, "did not come", g => g.Session.Status = SessionStatus.NoShow),

        new("PR-017", None, "nothing laid down", g => g.Session.PostObsMinutes = 0),
        new("PR-017", Pass, "as long as asked", g => (g.Clinic.MinObservationMinutes, g.Session.PostObsMinutes) = (5, 5)),
        new("PR-017", Fail, "shorter", g => (g.Clinic.MinObservationMinutes, g.Session.PostObsMinutes) = (5, 4)),
        new("PR-017", Open, "not recorded", g => g.Clinic.MinObservationMinutes = 5),

        new("PR-018", Pass, "all three", g => (g.Session.NeedleType, g.Session.NeedleSingleUse, g.Session.NeedleSterile) = ("solid_filiform", true, true)),
        new("PR-018", Fail, "used before", g => g.Session.NeedleSingleUse = false),
        new("PR-018", Fail, "hollow", g => (g.Session.NeedleType, g.Session.NeedleSingleUse, g.Session.NeedleSterile) = ("hypodermic", true, true)),
        new("PR-018", Open, "sterility unknown", g => (g.Session.NeedleType, g.Session.NeedleSingleUse) = ("solid_filiform", true)),
        new("PR-018", None, "cancelled", g => g.Session.Status = SessionStatus.Cancelled),

        new("PR-019", Pass, "on its last day", g => (g.Session.NeedleLot, g.Session.NeedleExpiry) = ("L1", Day)),
        new("PR-019", Fail, "expired", g => g.Session.NeedleExpiry = Day.AddDays(-1)),
        new("PR-019", Open, "no lot", g => g.Session.NeedleExpiry = Day),
        new("PR-019", None, "cancelled", g => g.Session.Status = SessionStatus.Cancelled),

        new("PR-020", Pass, "as many out as in", g => (g.Session.NeedlesInserted, g.Session.NeedlesRemoved) = (6, 6)),
        new("PR-020", Fail, "one left", g => (g.Session.NeedlesInserted, g.Session.NeedlesRemoved) = (6, 5)),
        new("PR-020", Fail, "one too many", g => (g.Session.NeedlesInserted, g.Session.NeedlesRemoved) = (5, 6)),
        new("PR-020", Fail, "aborted with a needle left, its time unknown", g => (g.Session.Status, g.Session.NeedlesInserted, g.Session.NeedlesRemoved) = (SessionStatus.Aborted, 3, 2)),
        new("PR-020", Open, "not counted", g => (g.Session.Status, g.Session.FirstNeedleAtUtc, g.Session.NeedlesRemoved) = (SessionStatus.Aborted, Start, 5)),
        new("PR-020", None, "cancelled", g => g.Session.Status = SessionStatus.Cancelled),

        new("PR-021", Pass, "as many disposed as opened", g => (g.Session.NeedlesOpened, g.Session.NeedlesDisposed) = (0, 0)),
        new("PR-021", Fail, "one missing", g => (g.Session.NeedlesOpened, g.Session.NeedlesDisposed) = (7, 6)),
        new("PR-021", Open, "not counted", g => g.Session.NeedlesOpened = 7),
        new("PR-021", None, "cancelled", g => g.Session.Status = SessionStatus.Cancelled),

        new("PR-022", Pass, "both", g => (g.Session.HandHygiene, g.Session.SkinStatus) = (true, "prepped")),
        new("PR-022", Fail, "skin soiled", g => g.Session.SkinStatus = "soiled"),
        new("PR-022", Fail, "hands not cleaned", g => (g.Session.HandHygiene, g.Session.SkinStatus) = (false, "clean")),
        new("PR-022", Open, "one of the two", g => g.Session.HandHygiene = true),
        new("PR-022", None, "cancelled", g => g.Session.Status = SessionStatus.Cancelled),

        new("PR-023", None, "no policy", g => g.Session.Gloves = false),
        new("PR-023", None, "a policy that asks for none", g => (g.Clinic.GlovesRequired, g.Session.Gloves) = (false, false)),
        new("PR-023", Pass, "worn", g => (g.Clinic.GlovesRequired, g.Session.Gloves) = (true, true)),
        new("PR-023", Fail, "not worn", g => (g.Clinic.GlovesRequired, g.Session.Gloves) = (true, false)),
        new("PR-023", Open, "not recorded", g => g.Clinic.GlovesRequired = true),

        new("PR-024", None, "no limits", g => { Over(g, "soleus"); g.Session.MaxDepthMm = 90; }),
        new("PR-024", None, "no limit for this muscle", g => { Over(g, "soleus"); (g.Session.MaxDepthMm, g.Clinic.DepthLimits) = (90, [new("rhomboids", null, 15)]); }),
        new("PR-024", Pass, "at the limit", g => { Over(g, "rhomboids"); (g.Session.MaxDepthMm, g.Clinic.DepthLimits) = (15, [new("rhomboids", null, 15)]); }),
        new("PR-024", Fail, "beyond it", g => { Over(g, "rhomboids"); (g.Session.MaxDepthMm, g.Clinic.DepthLimits) = (15.1, [new("rhomboids", null, 15)]); }),
        new("PR-024", Open, "depth unknown", g => { Over(g, "rhomboids"); g.Clinic.DepthLimits = [new("rhomboids", null, 15)]; }),
        new("PR-024", Open, "deep, but perhaps in the muscle without a limit", g => { Over(g, "rhomboids", "gluteus_medius"); (g.Session.MaxDepthMm, g.Clinic.DepthLimits) = (40, [new("rhomboids", null, 15)]); }),
        new("PR-024", Pass, "within the strictest of two", g => { Over(g, "rhomboids", "gluteus_medius"); (g.Session.MaxDepthMm, g.Clinic.DepthLimits) = (15, [new("rhomboids", null, 15), new("gluteus_medius", null, 50)]); }),
        new("PR-024", Open, "between two limits", g => { Over(g, "rhomboids", "gluteus_medius"); (g.Session.MaxDepthMm, g.Clinic.DepthLimits) = (40, [new("rhomboids", null, 15), new("gluteus_medius", null, 50)]); }),
        new("PR-024", Fail, "beyond both", g => { Over(g, "rhomboids", "gluteus_medius"); (g.Session.MaxDepthMm, g.Clinic.DepthLimits) = (51, [new("rhomboids", null, 15), new("gluteus_medius", null, 50)]); }),
        new("PR-024", Fail, "a limit for thin patients", g => { Over(g, "rhomboids"); (g.Risk, g.Session.MaxDepthMm, g.Clinic.DepthLimits) = (new() { BmiBand = "low" }, 12, [new("rhomboids", null, 15), new("rhomboids", "low", 10)]); }),
        new("PR-024", Pass, "the general one for others", g => { Over(g, "rhomboids"); (g.Risk, g.Session.MaxDepthMm, g.Clinic.DepthLimits) = (new() { BmiBand = "high" }, 12, [new("rhomboids", null, 15), new("rhomboids", "low", 10)]); }),
        new("PR-024", Open, "band unknown, limits for some bands only", g => { Over(g, "rhomboids"); (g.Session.MaxDepthMm, g.Clinic.DepthLimits) = (12, [new("rhomboids", "low", 10)]); }),
        new("PR-024", None, "a band that has no limit", g => { Over(g, "rhomboids"); (g.Risk, g.Session.MaxDepthMm, g.Clinic.DepthLimits) = (new() { BmiBand = "high" }, 12, [new("rhomboids", "low", 10)]); }),
        new("PR-024", Open, "band unknown", g => { Over(g, "rhomboids"); (g.Session.MaxDepthMm, g.Clinic.DepthLimits) = (12, [new("rhomboids", null, 15), new("rhomboids", "low", 10)]); }),

        new("PR-025", Pass, "on the list", g => { Over(g, "soleus"); g.Practitioner.PermittedMuscles = ["soleus"]; }),
        new("PR-025", Fail, "not on it", g => { Over(g, null, "scalenes"); g.Practitioner.PermittedMuscles = ["soleus"]; }),
        new("PR-025", Fail, "not on the clinic's", g => { Over(g, "soleus"); (g.Practitioner.PermittedMuscles, g.Clinic.PermittedMuscles) = (["soleus"], ["gluteus_medius"]); }),
        new("PR-025", Open, "muscle unknown", g => { Over(g, (string?)null); g.Practitioner.PermittedMuscles = ["soleus"]; }),
        new("PR-025", Open, "no list", g => Over(g, "soleus")),
        new("PR-025", None, "cancelled", g => g.Session.Status = SessionStatus.Cancelled),

        new("PR-026", None, "elsewhere", g => Over(g, "soleus")),
        new("PR-026", Open, "muscle unknown", g => Over(g, (string?)null)),
        new("PR-026", Pass, "competent since the day, nothing else laid down", g => { Over(g, "upper_trapezius"); (g.Practitioner.ThoracicCompetencyOn, g.Session.Technique) = (Day, "pistoning"); }),
        new("PR-026", Fail, "competent a day later", g => { Over(g, "upper_trapezius"); g.Practitioner.ThoracicCompetencyOn = Day.AddDays(1); }),
        new("PR-026", Open, "competency unknown", g => Over(g, "upper_trapezius")),
        new("PR-026", Fail, "a technique that is not permitted there", g => { Over(g, "upper_trapezius"); (g.Practitioner.ThoracicCompetencyOn, g.Session.Technique, g.Clinic.ThoracicTechniques) = (Day, "pistoning", ["superficial"]); }),
        new("PR-026", Fail, "too long a needle", g => { Over(g, "upper_trapezius"); (g.Practitioner.ThoracicCompetencyOn, g.Session.NeedleLengthMm, g.Clinic.ThoracicNeedleLengthMm) = (Day, 30, 25); }),

        new("PR-027", None, "one side", g => Sides(g, "left", "left")),
        new("PR-027", None, "elsewhere, both sides", g => g.Session.Regions = [new(null, "soleus", "both")]),
        new("PR-027", Fail, "both sides, no reason", g => Sides(g, "left", "right")),
        new("PR-027", Fail, "both, by their first letters", g => Sides(g, "l", "r")),
        new("PR-027", Open, "a word that nobody knows", g => Sides(g, "left", "dominant")),
        new("PR-027", Fail, "both, in one word", g => Sides(g, "both")),
        new("PR-027", Pass, "both sides with a reason", g => { Sides(g, "left", "right"); g.Session.RiskNote = "agreed"; }),
        new("PR-027", Open, "a side unknown", g => Sides(g, "left", null)),

        new("PR-028", None, "no bleeding", g => g.Session.BleedingObserved = false),
        new("PR-028", Open, "bleeding unknown", _ => { }),
        new("PR-028", Open, "pressure unknown", g => g.Session.BleedingObserved = true),
        new("PR-028", Pass, "any pressure, where nothing is laid down", g => (g.Session.BleedingObserved, g.Session.PressureSeconds) = (true, 1)),
        new("PR-028", Fail, "none", g => (g.Session.BleedingObserved, g.Session.PressureSeconds) = (true, 0)),
        new("PR-028", Fail, "too short for a patient on warfarin", g => (g.Session.BleedingObserved, g.Session.PressureSeconds, g.Session.AnticoagulantClass, g.Clinic.MinPressureSeconds, g.Clinic.MinPressureSecondsAnticoagulated) = (true, 60, "warfarin", 30, 120)),
        new("PR-028", Open, "long enough for some, class unknown", g => (g.Session.BleedingObserved, g.Session.PressureSeconds, g.Clinic.MinPressureSeconds, g.Clinic.MinPressureSecondsAnticoagulated) = (true, 60, 30, 120)),

        new("PR-029", Pass, "elsewhere, without red flags", g => { Over(g, "soleus"); g.Session.AftercareGiven = true; }),
        new("PR-029", Fail, "over the lungs, without red flags", g => { Over(g, "upper_trapezius"); (g.Session.AftercareGiven, g.Session.RedFlagsGiven) = (true, false); }),
        new("PR-029", Fail, "no aftercare", g => g.Session.AftercareGiven = false),
        new("PR-029", Open, "place unknown, red flags too", g => g.Session.AftercareGiven = true),
        new("PR-029", Pass, "place unknown, with red flags", g => (g.Session.AftercareGiven, g.Session.RedFlagsGiven) = (true, true)),
        new("PR-029", None, "cancelled", g => g.Session.Status = SessionStatus.Cancelled),

        new("PR-030", Pass, "after 24 hours to the second", g => Asked(g, 24)),
        new("PR-030", Pass, "after 48 hours to the second", g => Asked(g, 60, 48)),
        new("PR-030", Fail, "too soon and too late", g => Asked(g, 23.9, 48.1)),
        new("PR-030", Open, "no attempt on record", g => Asked(g)),
        new("PR-030", Open, "an attempt at an unknown time", g => { Asked(g, 60); g.FollowUps.Add(new() { Outcome = FollowUpOutcome.NoAnswer }); }),
        new("PR-030", Open, "end unknown", g => g.FollowUps.Add(new() { AttemptedAtUtc = Start.AddHours(30) })),
        new("PR-030", None, "cancelled", g => g.Session.Status = SessionStatus.Cancelled),

        new("PR-035", None, "nothing laid down", g => g.Session.EndedAtUtc = Start),
        new("PR-035", Pass, "as soon as asked", g => (g.Clinic.SignHours, g.Session.EndedAtUtc, g.Session.SignedAtUtc) = (24, Start, Start.AddHours(24))),
        new("PR-035", Fail, "later", g => (g.Clinic.SignHours, g.Session.EndedAtUtc, g.Session.SignedAtUtc) = (24, Start, Start.AddHours(25))),
        new("PR-035", Fail, "before it began", g => (g.Clinic.SignHours, g.Session.EndedAtUtc, g.Session.SignedAtUtc) = (24, Start.AddHours(1), g.Session.StartedAtUtc.AddMinutes(-1))),
        new("PR-035", Open, "not signed", g => (g.Clinic.SignHours, g.Session.EndedAtUtc) = (24, Start)),
        new("PR-035", Fail, "too little filled in", g => g.Clinic.MinCompleteness = 0.5),

        new("PR-036", Pass, "named", g => g.Session.PlanOfCareId = "C7"),
        new("PR-036", Fail, "said to be none", g => g.Session.PlanOfCareId = "none"),
        new("PR-036", Open, "not recorded", _ => { }),
        new("PR-036", None, "cancelled", g => g.Session.Status = SessionStatus.Cancelled),

        new("PR-037", Pass, "both in date", g => (g.Practitioner.CprExpires, g.Practitioner.BbpTrainingOn, g.Clinic.BbpTrainingDays) = (Day, Day.AddDays(-365), 365)),
        new("PR-037", Fail, "training too old", g => (g.Practitioner.CprExpires, g.Practitioner.BbpTrainingOn, g.Clinic.BbpTrainingDays) = (Day, Day.AddDays(-366), 365)),
        new("PR-037", Pass, "training of any age, where none is laid down", g => (g.Practitioner.CprExpires, g.Practitioner.BbpTrainingOn) = (Day, Day.AddDays(-3660))),
        new("PR-037", Fail, "first aid expired", g => g.Practitioner.CprExpires = Day.AddDays(-1)),
        new("PR-037", Open, "a new certificate came after the old one ran out", g => (g.Practitioner.CprExpires, g.Practitioner.BbpTrainingOn, g.Then) = (Day.AddDays(300), Day, new() { CprExpires = Day.AddDays(-1) })),
        new("PR-037", Pass, "renewed in time", g => (g.Practitioner.CprExpires, g.Practitioner.BbpTrainingOn, g.Then) = (Day.AddDays(300), Day, new() { CprExpires = Day })),
        new("PR-037", Pass, "the record then had no certificate", g => (g.Practitioner.CprExpires, g.Practitioner.BbpTrainingOn, g.Then) = (Day.AddDays(300), Day, new())),
        new("PR-037", Fail, "run out by every record", g => (g.Practitioner.CprExpires, g.Practitioner.BbpTrainingOn, g.Then) = (Day.AddDays(-1), Day, new() { CprExpires = Day.AddDays(-400) })),
        new("PR-037", Open, "trained since", g => (g.Practitioner.CprExpires, g.Practitioner.BbpTrainingOn) = (Day, Day.AddDays(1))),
        new("PR-037", Open, "training unknown", g => g.Practitioner.CprExpires = Day),
        new("PR-037", None, "cancelled", g => g.Session.Status = SessionStatus.Cancelled),

        new("PR-038", None, "no stimulation", g => g.Session.Estim = false),
        new("PR-038", Pass, "checked", g => (g.Session.Estim, g.Session.PacemakerChecked) = (true, true)),
        new("PR-038", Fail, "not checked", g => (g.Session.Estim, g.Session.PacemakerChecked) = (true, false)),
        new("PR-038", Open, "check unknown", g => g.Session.Estim = true),
    ];

    static void Asked(Given g, params double[] hours)
    {
        g.Session.EndedAtUtc = Start;
        g.FollowUps.AddRange(hours.Select(h => new FollowUp { AttemptedAtUtc = Start.AddHours(h) }));
    }

    public static TheoryData<string, string> Named
    {
        get
        {
            var named = new TheoryData<string, string>();
            foreach (var one in Cases) named.Add(one.Rule, one.What);
            return named;
        }
    }

    [Theory, MemberData(nameof(Named))]
    public void A_rule_about_sessions_answers(string rule, string what)
    {
        var one = Assert.Single(Cases, c => c.Rule == rule && c.What == what);
        var given = new Given();
        one.Change(given);
        Assert.Equal(one.Expected, ((SessionRule)Rules.ById[rule]).For(given.Treatment));
    }

    [Fact]
    public void Every_rule_about_sessions_is_tried_in_all_four_states()
    {
        foreach (var rule in Rules.OfSessions)
            Assert.Equal(Enum.GetValues<Outcome>(), Cases.Where(c => c.Rule == rule.Id).Select(c => c.Expected).Distinct().Order());
    }

    /// <summary>Every field that a rule names can be shown, and what is needed for the empty session is nothing.</summary>
    [Fact]
    public void Every_field_that_decides_can_be_shown()
    {
        foreach (var rule in Rules.OfSessions) foreach (string field in rule.Fields) if (field is not ("started_at" or "completeness")) Assert.True(RuleFields.Text(field, new Given().Treatment) is null, $"{rule.Id}: {field}");
        var reported = Reported();
        foreach (var rule in Rules.OfEvents) Assert.All(rule.Fields, field => RuleFields.Text(field, reported));
    }

    /// <summary>Titles, areas, severities, evidence and sources as the clinical note's table has them.</summary>
    [Fact]
    public void The_rules_are_those_of_the_clinical_note()
    {
        using var csv = CsvReader.FromFile(Path.Combine(AppContext.BaseDirectory, "Reference", "protocol_rules.csv"), new CsvReaderOptions { Separator = ',' });
        var rows = new List<Dictionary<string, string>>();
        string[] columns = ["rule_id", "title", "area", "scope", "severity", "in_leaflet", "evidence", "source", "not_applicable_when"];
        while (csv.Read()) rows.Add(columns.ToDictionary(c => c, c => csv.GetString(c)));
        Assert.Equal(38, rows.Count);
        Assert.Equal(rows.Select(r => r["rule_id"]), Rules.All.Select(r => r.Id));
        foreach (var (row, rule) in rows.Zip(Rules.All))
        {
            Assert.Equal((row["title"], row["area"], row["severity"], row["in_leaflet"], row["evidence"], row["source"]),
                (rule.Title, rule.Area, rule.Severity.ToString().ToLowerInvariant(), rule.InLeaflet, rule.Evidence, rule.Source));
            Assert.Equal(row["scope"], rule switch { EventRule => "event", MonthRule => "practitioner_month", _ => rule.Id is "PR-024" or "PR-025" or "PR-026" ? "session_region" : "session" });
            if (row["not_applicable_when"].Length > 0) Assert.True(rule.NotApplicableWhen.Length > 0, rule.Id);
            Assert.All(rule.Settings, setting => Assert.NotNull(typeof(ClinicProtocol).GetProperty(setting)));
        }
    }

    static ReportedEvent Reported(Action<AdverseEvent>? change = null, int? prolonged = null, bool sentinel = false, ClinicProtocol? clinic = null, double? escalated = null, double? started = null, double now = 10_000)
    {
        var reported = new AdverseEvent { OnsetAtUtc = Start, ReceivedAtUtc = Start.AddHours(2) };
        change?.Invoke(reported);
        return new()
        {
            Event = reported, ProlongedAfterHours = prolonged, IsSentinel = sentinel, Clinic = clinic ?? ClinicProtocol.NothingSet("C1"), NowUtc = Start.AddHours(now),
            CameAtUtc = reported.ReceivedAtUtc, Steps = [.. new[] { (EventStepKind.Escalated, escalated), (EventStepKind.ReviewStarted, started) }.Where(s => s.Item2 is not null)
                .Select(s => new EventStep { EventId = "E", EventClinicId = "", ClinicId = "", Kind = s.Item1, AtUtc = Start.AddHours(s.Item2!.Value) })],
        };
    }

    static Outcome Of(string rule, ReportedEvent reported) => ((EventRule)Rules.ById[rule]).Check(reported);

    [Fact]
    public void An_event_that_lasted_too_long_is_taken_further()
    {
        Assert.Equal(None, Of("PR-032", Reported()));
        Assert.Equal(None, Of("PR-032", Reported(prolonged: 72, now: 72)));
        Assert.Equal(None, Of("PR-032", Reported(e => e.ResolvedAtUtc = Start.AddHours(72), prolonged: 72)));
        Assert.Equal(Open, Of("PR-032", Reported(prolonged: 72, now: 72.1)));
        Assert.Equal(Fail, Of("PR-032", Reported(e => e.Outcome = "ongoing", prolonged: 72)));
        Assert.Equal(Fail, Of("PR-032", Reported(e => e.ResolvedAtUtc = Start.AddHours(73), prolonged: 72)));
        Assert.Equal(Pass, Of("PR-032", Reported(e => e.Outcome = "ongoing", prolonged: 72, escalated: 500)));
    }

    [Fact]
    public void The_review_of_a_sentinel_event_begins_in_time()
    {
        var clinic = new ClinicProtocol { ClinicId = "C1", ReviewHours = 24 };
        Assert.Equal(None, Of("PR-033", Reported(clinic: clinic)));
        Assert.Equal(None, Of("PR-033", Reported(sentinel: true)));
        // Where the report does not say when it was written, the hours run from its arrival.
        Assert.Equal(None, Of("PR-033", Reported(sentinel: true, clinic: clinic, now: 26)));
        Assert.Equal(Fail, Of("PR-033", Reported(sentinel: true, clinic: clinic, now: 26.1)));
        Assert.Equal(Pass, Of("PR-033", Reported(sentinel: true, clinic: clinic, started: 26)));
        Assert.Equal(Fail, Of("PR-033", Reported(e => e.RecordedAtUtc = Start.AddHours(1), sentinel: true, clinic: clinic, started: 26)));
    }

    [Fact]
    public void Events_are_written_down_soon()
    {
        var clinic = new ClinicProtocol { ClinicId = "C1", RecordHours = 24 };
        Assert.Equal(None, Of("PR-034", Reported()));
        Assert.Equal(Pass, Of("PR-034", Reported(e => (e.DetectedAtUtc, e.RecordedAtUtc) = (Start, Start.AddHours(24)), clinic: clinic)));
        Assert.Equal(Fail, Of("PR-034", Reported(e => (e.DetectedAtUtc, e.RecordedAtUtc) = (Start, Start.AddHours(25)), clinic: clinic)));
        Assert.Equal(Open, Of("PR-034", Reported(e => e.RecordedAtUtc = Start, clinic: clinic)));
    }

    [Theory]
    [InlineData(20, 20, 16, 0.8, Outcome.Pass)]
    [InlineData(20, 20, 15, 0.8, Outcome.Fail)]
    [InlineData(19, 19, 1, 0.8, Outcome.NotApplicable)]
    [InlineData(40, 0, 0, 0.8, Outcome.NotRecorded)]
    [InlineData(40, 40, 0, null, Outcome.NotApplicable)]
    public void Patients_are_reached(int due, int attempted, int reached, double? share, Outcome expected) =>
        Assert.Equal(expected, ((MonthRule)Rules.ById["PR-031"]).Check(new(due, attempted, reached, new() { ClinicId = "C1", MinReachedShare = share })));

    [Fact]
    public void Sessions_in_which_no_needle_was_used_are_not_asked()
    {
        foreach (var status in new[] { SessionStatus.Cancelled, SessionStatus.NoShow, SessionStatus.Aborted })
        {
            var given = new Given();
            given.Session.Status = status;
            Assert.All(Rules.OfSessions, rule => Assert.Equal(None, rule.For(given.Treatment)));
        }
    }

    [Fact]
    public void A_clinic_that_records_nothing_keeps_nothing()
    {
        var given = new Given { NobodyKnown = true };
        given.Session.Regions = [];
        Assert.DoesNotContain(Rules.OfSessions, rule => rule.For(given.Treatment) is Pass or Fail);
        var nothing = new Adherence(0, 0, 250, 0);
        Assert.Null(nothing.Kept);
        Assert.Equal(0, nothing.Completeness);
    }

    [Fact]
    public void Of_what_a_clinic_laid_down_the_newest_that_is_in_effect_holds()
    {
        ClinicProtocol[] laidDown =
        [
            new() { Id = 1, ClinicId = "C1", EffectiveFrom = new(2026, 1, 1) }, new() { Id = 2, ClinicId = "C1", EffectiveFrom = new(2026, 3, 1) },
            new() { Id = 3, ClinicId = "C1", EffectiveFrom = new(2026, 1, 1) },
        ];
        Assert.Equal(0, ClinicProtocol.On("C1", laidDown, new(2025, 12, 31)).Id);
        Assert.Equal(3, ClinicProtocol.On("C1", laidDown, new(2026, 2, 28)).Id);
        Assert.Equal(2, ClinicProtocol.On("C1", laidDown, new(2026, 3, 1)).Id);
    }
}
