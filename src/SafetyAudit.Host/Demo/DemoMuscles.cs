namespace SafetyAudit.Host.Demo;

/// <summary>A muscle, the region it is filed under, whether needling it can reach the lung, and the depths that are usual for it.</summary>
internal sealed record DemoMuscle(string Code, string Region, bool AtRiskThorax, int DepthFromMm, int DepthToMm);

internal static class DemoMuscles
{
    // Every region but the upper back keeps muscles that are not at risk, for practitioners without thoracic competency.
    public static readonly IReadOnlyList<DemoMuscle> All =
    [
        new("upper_trapezius", "neck", true, 8, 14), new("levator_scapulae", "neck", true, 8, 14), new("splenius_capitis", "neck", false, 8, 15),
        new("suboccipitals", "neck", false, 8, 15), new("sternocleidomastoid", "neck", false, 6, 12),
        new("infraspinatus", "shoulder", true, 8, 14), new("supraspinatus", "shoulder", true, 8, 14), new("deltoid", "shoulder", false, 10, 25),
        new("teres_minor", "shoulder", false, 10, 18), new("biceps_brachii", "shoulder", false, 10, 20),
        new("rhomboids", "upper_back", true, 6, 12), new("middle_trapezius", "upper_back", true, 6, 12), new("thoracic_paraspinals", "upper_back", true, 8, 14),
        new("latissimus_dorsi", "upper_back", true, 8, 14),
        new("multifidus_lumbar", "lower_back", false, 25, 45), new("quadratus_lumborum", "lower_back", false, 25, 45),
        new("erector_spinae_lumbar", "lower_back", false, 15, 35),
        new("gluteus_medius", "hip", false, 25, 50), new("gluteus_maximus", "hip", false, 25, 50), new("piriformis", "hip", false, 35, 60),
        new("tensor_fasciae_latae", "hip", false, 15, 30),
        new("rectus_femoris", "thigh", false, 15, 35), new("vastus_lateralis", "thigh", false, 15, 35), new("biceps_femoris", "thigh", false, 15, 40),
        new("gastrocnemius", "calf", false, 10, 25), new("soleus", "calf", false, 15, 30), new("tibialis_anterior", "calf", false, 10, 20),
        new("extensor_carpi_radialis", "forearm", false, 6, 15), new("extensor_digitorum", "forearm", false, 6, 15),
        new("flexor_carpi_ulnaris", "forearm", false, 6, 15),
    ];
}
