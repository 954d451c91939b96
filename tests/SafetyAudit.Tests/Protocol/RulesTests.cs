using SafetyAudit.Protocol;
using SafetyAudit.Sessions;

namespace SafetyAudit.Tests.Protocol;

public class RulesTests
{
    static readonly DateTime Start = new(2026, 3, 2, 10, 0, 0, DateTimeKind.Utc);

    static Session Given(Action<Session>? change = null)
    {
        var session = new Session { Status = SessionStatus.Completed, StartedAtUtc = Start, Date = new(2026, 3, 2) };
        change?.Invoke(session);
        return session;
    }

    static Outcome Of(string rule, Action<Session>? change = null, Practitioner? practitioner = null) => Rules.ById[rule].For(Given(change), practitioner);

    static Practitioner Licensed(string issued = "2015-01-01", string expires = "2030-12-31", LicenceStatus? status = LicenceStatus.Active) =>
        new() { LicenceStatus = status, LicenceIssued = DateOnly.Parse(issued), LicenceExpires = DateOnly.Parse(expires), PermittedMuscles = ["gluteus_medius", "upper_trapezius"] };

    [Fact]
    public void A_licence_counts_from_its_issue_to_its_expiry()
    {
        Assert.Equal(Outcome.Pass, Of("PR-001", practitioner: Licensed()));
        Assert.Equal(Outcome.Pass, Of("PR-001", practitioner: Licensed(expires: "2026-03-02")));
        Assert.Equal(Outcome.Fail, Of("PR-001", practitioner: Licensed(expires: "2026-03-01")));
        Assert.Equal(Outcome.Fail, Of("PR-001", practitioner: Licensed(issued: "2026-03-03")));
        Assert.Equal(Outcome.Fail, Of("PR-001", practitioner: Licensed(status: LicenceStatus.Suspended)));
        Assert.Equal(Outcome.Pass, Of("PR-001", practitioner: Licensed(expires: "2026-06-30", status: LicenceStatus.Lapsed)));
        Assert.Equal(Outcome.NotRecorded, Of("PR-001", practitioner: Licensed(status: null)));
        Assert.Equal(Outcome.NotRecorded, Of("PR-001"));
    }

    [Fact]
    public void A_renewed_licence_does_not_undo_the_one_before_it()
    {
        Practitioner before = Licensed(issued: "2020-01-01", expires: "2025-12-31"), renewed = Licensed(issued: "2026-03-10", expires: "2030-12-31");
        Assert.Same(before, Rules.RecordFor([renewed, before], new(2025, 6, 1)));
        Assert.Same(renewed, Rules.RecordFor([renewed, before], new(2026, 6, 1)));
        // In the gap between the two neither covers the day: the newest is asked, and fails.
        Assert.Same(renewed, Rules.RecordFor([renewed, before], new(2026, 2, 1)));
        Assert.Null(Rules.RecordFor([], new(2026, 2, 1)));
    }

    [Fact]
    public void Consent_comes_before_the_first_needle()
    {
        Assert.Equal(Outcome.Pass, Of("PR-005", s => (s.ConsentAtUtc, s.FirstNeedleAtUtc) = (Start.AddMinutes(4), Start.AddMinutes(4))));
        Assert.Equal(Outcome.Fail, Of("PR-005", s => (s.ConsentAtUtc, s.FirstNeedleAtUtc) = (Start.AddMinutes(5), Start.AddMinutes(4))));
        Assert.Equal(Outcome.Pass, Of("PR-005", s => s.ConsentAtUtc = Start.AddMinutes(-1)));
        Assert.Equal(Outcome.NotRecorded, Of("PR-005", s => s.ConsentAtUtc = Start.AddMinutes(1)));
        Assert.Equal(Outcome.NotRecorded, Of("PR-005", s => s.FirstNeedleAtUtc = Start));
    }

    [Fact]
    public void Consent_names_pneumothorax_over_the_lungs()
    {
        void Over(Session s, string? muscle, params string[]? risks) => (s.Regions, s.IsAtRiskThorax, s.ConsentRisks) = ([new("upper_back", muscle, "left")], muscle == "upper_trapezius", risks);
        Assert.Equal(Outcome.Pass, Of("PR-006", s => Over(s, "upper_trapezius", "bruising", "pneumothorax")));
        Assert.Equal(Outcome.Fail, Of("PR-006", s => Over(s, "upper_trapezius", "bruising")));
        Assert.Equal(Outcome.NotRecorded, Of("PR-006", s => Over(s, "upper_trapezius", null)));
        Assert.Equal(Outcome.NotApplicable, Of("PR-006", s => Over(s, "gluteus_medius", null)));
        Assert.Equal(Outcome.NotRecorded, Of("PR-006", s => Over(s, null, null)));
        Assert.Equal(Outcome.NotRecorded, Of("PR-006"));
    }

    [Fact]
    public void Both_bleeding_risks_are_asked()
    {
        Assert.Equal(Outcome.Pass, Of("PR-009", s => (s.AnticoagulantClass, s.BleedingDisorder) = ("none", false)));
        Assert.Equal(Outcome.Fail, Of("PR-009", s => s.AnticoagulantClass = "none"));
        Assert.Equal(Outcome.NotRecorded, Of("PR-009"));
    }

    [Fact]
    public void An_absolute_contraindication_rules_a_session_out()
    {
        Assert.Equal(Outcome.Pass, Of("PR-012", s => s.ScreenFlags = ["none"]));
        Assert.Equal(Outcome.Pass, Of("PR-012", s => s.ScreenFlags = ["diabetes"]));
        Assert.Equal(Outcome.Fail, Of("PR-012", s => s.ScreenFlags = ["diabetes", "local_infection"]));
        Assert.Equal(Outcome.NotRecorded, Of("PR-012", s => s.ScreenFlags = ["afraid_of_needles"]));
        Assert.Equal(Outcome.NotRecorded, Of("PR-012"));
    }

    [Fact]
    public void First_and_anxious_patients_lie()
    {
        void Asked(Session s, bool? first, bool? anxious, bool? fainted, PatientPosition? position) => (s.IsFirstSession, s.NeedleAnxiety, s.PriorSyncope, s.Position) = (first, anxious, fainted, position);
        Assert.Equal(Outcome.Pass, Of("PR-015", s => Asked(s, true, null, null, PatientPosition.SideLying)));
        Assert.Equal(Outcome.Fail, Of("PR-015", s => Asked(s, false, false, true, PatientPosition.Sitting)));
        Assert.Equal(Outcome.NotRecorded, Of("PR-015", s => Asked(s, true, false, false, null)));
        Assert.Equal(Outcome.NotApplicable, Of("PR-015", s => Asked(s, false, false, false, PatientPosition.Sitting)));
        Assert.Equal(Outcome.NotRecorded, Of("PR-015", s => Asked(s, false, null, false, PatientPosition.Sitting)));
    }

    [Fact]
    public void Needles_are_single_use_sterile_and_solid()
    {
        void Needle(Session s, string? type, bool? single, bool? sterile) => (s.NeedleType, s.NeedleSingleUse, s.NeedleSterile) = (type, single, sterile);
        Assert.Equal(Outcome.Pass, Of("PR-018", s => Needle(s, "solid_filiform", true, true)));
        Assert.Equal(Outcome.Fail, Of("PR-018", s => Needle(s, null, false, null)));
        Assert.Equal(Outcome.Fail, Of("PR-018", s => Needle(s, "hypodermic", true, true)));
        Assert.Equal(Outcome.NotRecorded, Of("PR-018", s => Needle(s, "solid_filiform", true, null)));
    }

    [Theory]
    [InlineData("PR-020", 6, 6, Outcome.Pass)]
    [InlineData("PR-020", 6, 5, Outcome.Fail)]
    [InlineData("PR-020", 5, 6, Outcome.Fail)]
    [InlineData("PR-020", null, 5, Outcome.NotRecorded)]
    [InlineData("PR-021", 0, 0, Outcome.Pass)]
    [InlineData("PR-021", 7, 6, Outcome.Fail)]
    [InlineData("PR-021", 7, null, Outcome.NotRecorded)]
    public void Needles_reconcile(string rule, int? one, int? other, Outcome expected) => Assert.Equal(expected, Of(rule, s =>
    {
        if (rule == "PR-020") (s.NeedlesInserted, s.NeedlesRemoved) = (one, other);
        else (s.NeedlesOpened, s.NeedlesDisposed) = (one, other);
    }));

    [Fact]
    public void Muscles_are_on_the_practitioner_s_list()
    {
        Assert.Equal(Outcome.Pass, Of("PR-025", s => s.Regions = [new("hip", "gluteus_medius", "left")], Licensed()));
        Assert.Equal(Outcome.Fail, Of("PR-025", s => s.Regions = [new("hip", null, null), new("neck", "scalenes", "left")], Licensed()));
        Assert.Equal(Outcome.NotRecorded, Of("PR-025", s => s.Regions = [new("hip", null, null)], Licensed()));
        Assert.Equal(Outcome.NotRecorded, Of("PR-025", s => s.Regions = [new("hip", "gluteus_medius", "left")], new Practitioner()));
    }

    [Fact]
    public void Sessions_in_which_no_needle_was_used_are_not_asked()
    {
        foreach (var rule in Rules.All)
        {
            Assert.Equal(Outcome.NotApplicable, rule.For(Given(s => s.Status = SessionStatus.Cancelled), null));
            Assert.Equal(Outcome.NotApplicable, rule.For(Given(s => s.Status = SessionStatus.NoShow), null));
            Assert.Equal(Outcome.NotApplicable, rule.For(Given(s => s.Status = SessionStatus.Aborted), null));
        }
        Assert.Equal(Outcome.NotRecorded, Rules.ById["PR-020"].For(Given(s => (s.Status, s.FirstNeedleAtUtc) = (SessionStatus.Aborted, Start)), null));
    }

    [Fact]
    public void A_clinic_that_records_nothing_keeps_nothing()
    {
        var nothing = new Adherence(0, 0, 250, 0);
        Assert.Null(nothing.Kept);
        Assert.Equal(0, nothing.Completeness);
    }
}
