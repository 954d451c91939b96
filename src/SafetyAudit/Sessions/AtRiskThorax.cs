namespace SafetyAudit.Sessions;

/// <summary>The muscles over the lungs whose needling can puncture the pleura. One list, used by exposures and by protocol rules.</summary>
/// <remarks>Set of the clinical evidence note: Grusche 2017, Kearns 2022, Mintken 2025, Ghent 2024.</remarks>
public static class AtRiskThorax
{
    public static readonly IReadOnlySet<string> Muscles = new HashSet<string>
    {
        "trapezius", "upper_trapezius", "middle_trapezius", "levator_scapulae", "rhomboids", "rhomboid_major", "rhomboid_minor", "supraspinatus",
        "infraspinatus", "serratus", "serratus_anterior", "serratus_posterior", "scalenes", "pectorals", "pectoralis_major", "pectoralis_minor",
        "latissimus", "latissimus_dorsi", "intercostals", "thoracic_paraspinals",
    };

    public static bool Includes(IReadOnlyList<SessionRegion> regions)
    {
        foreach (var region in regions) if (region.Muscle is { } muscle && Muscles.Contains(muscle)) return true;
        return false;
    }
}
