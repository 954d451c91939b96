namespace SafetyAudit.Protocol;

/// <summary>What a rule says of what it looks at. A clinic that records nothing passes nothing.</summary>
public enum Outcome { Pass, Fail, NotRecorded, NotApplicable }

public enum RuleSeverity { Minor, Major, Critical }

/// <summary>Outcomes of one rule, counted.</summary>
public readonly record struct Adherence(int Pass, int Fail, int NotRecorded, int NotApplicable)
{
    public int Judged => Pass + Fail;

    public int Applicable => Pass + Fail + NotRecorded;

    /// <summary>Share kept of those that could be judged; empty when none could.</summary>
    public double? Kept => Judged == 0 ? null : (double)Pass / Judged;

    /// <summary>Share that could be judged of those to which the rule applies; empty when it applies to none.</summary>
    public double? Completeness => Applicable == 0 ? null : (double)Judged / Applicable;

    /// <summary>How often one outcome was.</summary>
    public int this[Outcome outcome] => outcome switch
    {
        Outcome.Pass => Pass, Outcome.Fail => Fail, Outcome.NotRecorded => NotRecorded, _ => NotApplicable,
    };

    public static Adherence Of(Outcome outcome) => outcome switch
    {
        Outcome.Pass => new(1, 0, 0, 0), Outcome.Fail => new(0, 1, 0, 0), Outcome.NotRecorded => new(0, 0, 1, 0), _ => new(0, 0, 0, 1),
    };

    public static Adherence operator +(Adherence a, Adherence b) => new(a.Pass + b.Pass, a.Fail + b.Fail, a.NotRecorded + b.NotRecorded, a.NotApplicable + b.NotApplicable);
}
