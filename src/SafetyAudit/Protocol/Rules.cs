using SafetyAudit.Sessions;
using static SafetyAudit.Protocol.Outcome;

namespace SafetyAudit.Protocol;

/// <summary>The rules that the session and practitioner files carry the fields for. Each is pure: a session and a practitioner in, one of four outcomes out.</summary>
public static class Rules
{
    /// <summary>Contraindications that rule a session out (ISCP 2012; APTA 2013; ASAP).</summary>
    public static readonly IReadOnlySet<string> AbsoluteContraindications = new HashSet<string> { "refusal", "needle_phobia", "no_capacity", "emergency", "local_infection", "lymphoedema" };

    /// <summary>Contraindications that ask for a reason and a precaution, and "none". A flag that is neither these nor absolute is not understood.</summary>
    public static readonly IReadOnlySet<string> OtherFlags = new HashSet<string>
    {
        "none", "anticoagulant", "bleeding_disorder", "immunosuppression", "diabetes", "pregnancy", "epilepsy", "implants", "recent_surgery", "prior_adverse_reaction", "metal_allergy", "under_age",
    };

    public static readonly IReadOnlyList<ProtocolRule> All =
    [
        new("PR-001", "Practitioner licence valid on session date", "credential", RuleSeverity.Critical, "", "Law and professional standard; Florida Statutes 486.117", Licence),
        new("PR-005", "Consent recorded before the first needle", "consent", RuleSeverity.Critical, "", "Law in several states, guideline elsewhere", ConsentBeforeNeedle),
        new("PR-006", "Consent names pneumothorax when an at-risk region is treated", "consent", RuleSeverity.Major, "no at-risk region", "Physiotherapy Alberta; Ir Med J 2022;115:546", ConsentNamesPneumothorax),
        new("PR-009", "Bleeding disorder and anticoagulant status recorded", "screening", RuleSeverity.Major, "", "Hsieh 2023; Muñoz 2022", BleedingRiskAsked),
        new("PR-012", "No absolute contraindication", "screening", RuleSeverity.Critical, "", "ISCP 2012; APTA 2013; ASAP", NoAbsoluteContraindication),
        new("PR-015", "First-session or needle-anxious patient treated lying", "positioning", RuleSeverity.Major, "not a first session, no needle anxiety, no earlier faint", "Chen 1990: all 55 needle faints were upright", TreatedLying),
        new("PR-018", "Single-use sterile solid filiform needle", "needle", RuleSeverity.Critical, "", "21 CFR 880.5580", SingleUseSterileNeedle),
        new("PR-020", "Needle count: inserted = removed", "needle", RuleSeverity.Critical, "", "Wheway 2012; White 2001; Yamashita 1999", AllNeedlesRemoved),
        new("PR-021", "Needle reconciliation: opened = disposed in sharps", "needle", RuleSeverity.Major, "", "Sharps law and guideline; ASAP 2007", AllNeedlesDisposed),
        new("PR-025", "Region and muscle are on the permitted list for this practitioner", "depth", RuleSeverity.Critical, "", "Scope and competence; Florida complex-anatomy training", MusclesPermitted),
    ];

    /// <summary>
    /// The practitioner's record as it bears on a day: the newest version, unless only an earlier one's licence covers that day. A renewal does not undo
    /// the licence before it.
    /// </summary>
    /// <param name="versions">All versions, newest first; may be empty.</param>
    /// <param name="day">The session's date.</param>
    public static Practitioner? RecordFor(IReadOnlyList<Practitioner> versions, DateOnly day)
    {
        foreach (var version in versions) if (version.LicenceIssued <= day && version.LicenceExpires >= day) return version;
        return versions.Count > 0 ? versions[0] : null;
    }

    public static readonly IReadOnlyDictionary<string, ProtocolRule> ById = All.ToDictionary(r => r.Id);

    // A lapsed licence counts from its expiry date on; a suspended or revoked one at once, since no date says since when.
    static Outcome Licence(Session session, Practitioner? practitioner)
    {
        if (practitioner is null) return NotRecorded;
        if (practitioner.LicenceStatus is LicenceStatus.Suspended or LicenceStatus.Revoked || session.Date > practitioner.LicenceExpires || session.Date < practitioner.LicenceIssued) return Fail;
        return practitioner is { LicenceStatus: not null, LicenceIssued: not null, LicenceExpires: not null } ? Pass : NotRecorded;
    }

    static Outcome ConsentBeforeNeedle(Session session, Practitioner? practitioner)
    {
        if (session.ConsentAtUtc is not { } consent) return NotRecorded;
        if (session.FirstNeedleAtUtc is { } needle) return consent <= needle ? Pass : Fail;
        // Without the time of the needle, consent before the session began is early enough whenever the needle came.
        return consent <= session.StartedAtUtc ? Pass : NotRecorded;
    }

    static Outcome ConsentNamesPneumothorax(Session session, Practitioner? practitioner)
    {
        if (!session.IsAtRiskThorax) return session.Regions.Any(r => r.Muscle is null) || session.Regions.Count == 0 ? NotRecorded : NotApplicable;
        return session.ConsentRisks switch { null => NotRecorded, var risks => risks.Contains("pneumothorax") ? Pass : Fail };
    }

    // Screening that asks for one and leaves out the other is a failure; no screening data at all is not recorded.
    static Outcome BleedingRiskAsked(Session session, Practitioner? practitioner) =>
        (session.AnticoagulantClass, session.BleedingDisorder) switch { (null, null) => NotRecorded, (not null, not null) => Pass, _ => Fail };

    static Outcome NoAbsoluteContraindication(Session session, Practitioner? practitioner) =>
        session.ScreenFlags switch
        {
            null => NotRecorded,
            var flags when flags.Any(AbsoluteContraindications.Contains) => Fail,
            // A flag in words of its own may be an absolute one: it can't count as kept.
            var flags => flags.All(OtherFlags.Contains) ? Pass : NotRecorded,
        };

    static Outcome TreatedLying(Session session, Practitioner? practitioner)
    {
        bool asked = session is { IsFirstSession: not null, NeedleAnxiety: not null, PriorSyncope: not null };
        bool applies = session.IsFirstSession == true || session.NeedleAnxiety == true || session.PriorSyncope == true;
        if (!applies) return asked ? NotApplicable : NotRecorded;
        return session.Position switch { null => NotRecorded, PatientPosition.Supine or PatientPosition.Prone or PatientPosition.SideLying => Pass, _ => Fail };
    }

    static Outcome SingleUseSterileNeedle(Session session, Practitioner? practitioner)
    {
        if (session.NeedleType is { } type && type != "solid_filiform" || session.NeedleSingleUse == false || session.NeedleSterile == false) return Fail;
        return session is { NeedleType: not null, NeedleSingleUse: not null, NeedleSterile: not null } ? Pass : NotRecorded;
    }

    static Outcome AllNeedlesRemoved(Session session, Practitioner? practitioner) => Equal(session.NeedlesInserted, session.NeedlesRemoved);

    static Outcome AllNeedlesDisposed(Session session, Practitioner? practitioner) => Equal(session.NeedlesOpened, session.NeedlesDisposed);

    static Outcome MusclesPermitted(Session session, Practitioner? practitioner)
    {
        if (practitioner?.PermittedMuscles is not { } permitted || session.Regions.Count == 0) return NotRecorded;
        if (session.Regions.Any(r => r.Muscle is { } muscle && !permitted.Contains(muscle))) return Fail;
        return session.Regions.All(r => r.Muscle is not null) ? Pass : NotRecorded;
    }

    static Outcome Equal(int? one, int? other) => one is null || other is null ? NotRecorded : one == other ? Pass : Fail;
}
