namespace SafetyAudit.Sessions;

public enum SessionStatus { Completed, Aborted, Cancelled, NoShow }

/// <summary>How the patient lay or stood.</summary>
public enum PatientPosition { Supine, Prone, SideLying, Sitting, Standing }

/// <summary>One treated place: what the lists <c>regions</c>, <c>muscles</c> and <c>sides</c> say at one index.</summary>
public readonly record struct SessionRegion(string? Region, string? Muscle, string? Side);

/// <summary>One treatment session, the unit of exposure. Empty means not recorded, never "no".</summary>
public sealed class Session : Record
{
    public string SessionId { get; set; } = "";
    public string ClinicId { get; set; } = "";
    public string PractitionerId { get; set; } = "";
    public string PatientId { get; set; } = "";
    public DateTime StartedAtUtc { get; set; }

    /// <summary>The date of the start in the clinic's time zone: the day on which the session counts.</summary>
    public DateOnly Date { get; set; }

    public DateTime? EndedAtUtc { get; set; }
    public SessionStatus Status { get; set; }
    public DateTime? FirstNeedleAtUtc { get; set; }
    public bool? IsFirstSession { get; set; }
    public string? PerformerRole { get; set; }
    public string? SupervisorId { get; set; }
    public string? PlanOfCareId { get; set; }
    public PatientPosition? Position { get; set; }
    public IReadOnlyList<SessionRegion> Regions { get; set; } = [];

    /// <summary>Whether any region lies over the lungs, see <see cref="AtRiskThorax"/>: the exposure of pneumothorax.</summary>
    public bool IsAtRiskThorax { get; set; }

    public string? Technique { get; set; }
    public double? MaxDepthMm { get; set; }
    public double? NeedleGaugeMm { get; set; }
    public double? NeedleLengthMm { get; set; }
    public string? NeedleType { get; set; }
    public string? NeedleMaterial { get; set; }
    public bool? NeedleSingleUse { get; set; }
    public bool? NeedleSterile { get; set; }
    public string? NeedleLot { get; set; }
    public DateOnly? NeedleExpiry { get; set; }
    public int? NeedlesOpened { get; set; }
    public int? NeedlesInserted { get; set; }
    public int? NeedlesRemoved { get; set; }
    public int? NeedlesDisposed { get; set; }
    public bool? Estim { get; set; }
    public bool? PacemakerChecked { get; set; }
    public bool? UltrasoundGuided { get; set; }
    public DateTime? ScreeningAtUtc { get; set; }
    public bool? ScreeningComplete { get; set; }

    /// <summary>Contraindications found at screening; empty list = asked, none found; null = not recorded.</summary>
    public IReadOnlyList<string>? ScreenFlags { get; set; }

    public string? AnticoagulantClass { get; set; }
    public bool? BleedingDisorder { get; set; }
    public bool? MetalAllergy { get; set; }
    public bool? NeedleAnxiety { get; set; }
    public bool? PriorSyncope { get; set; }
    public string? PregnancyStatus { get; set; }
    public string? RiskNote { get; set; }
    public bool? HydrationChecked { get; set; }
    public DateTime? ConsentAtUtc { get; set; }
    public string? ConsentForm { get; set; }
    public IReadOnlyList<string>? ConsentRisks { get; set; }
    public bool? HandHygiene { get; set; }
    public string? SkinStatus { get; set; }
    public bool? Gloves { get; set; }
    public bool? BleedingObserved { get; set; }
    public int? PressureSeconds { get; set; }
    public int? PostObsMinutes { get; set; }
    public bool? AftercareGiven { get; set; }
    public bool? RedFlagsGiven { get; set; }
    public DateTime? SignedAtUtc { get; set; }
}
