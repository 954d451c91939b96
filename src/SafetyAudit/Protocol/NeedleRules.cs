namespace SafetyAudit.Protocol;

/// <summary>The needles: of what kind, from which lot, and whether all came out again.</summary>
static class NeedleRules
{
    static readonly SessionRule SingleUse = new("PR-018", 1)
    {
        Title = "Single-use sterile solid filiform needle", Area = "needle", Severity = RuleSeverity.Critical,
        Asks = "The needle is a solid filiform one, sterile and for single use.",
        Fields = ["needle_type", "needle_single_use", "needle_sterile"],
        Evidence = "device special controls: single use and sterility", Source = "Leaflet; 21 CFR 880.5580", InLeaflet = "yes",
        Check = t => Rules.AllOf(t.Session.NeedleType is { } type and not ("unknown" or "filiform") ? type == "solid_filiform" : null, t.Session.NeedleSingleUse, t.Session.NeedleSterile),
    };

    static readonly SessionRule LotInDate = new("PR-019", 1)
    {
        Title = "Needle lot and expiry recorded and in date", Area = "needle", Severity = RuleSeverity.Minor,
        Asks = "Lot and expiry date are recorded, and the needle had not expired on the session’s date.",
        Fields = ["needle_lot", "needle_expiry", "started_at"],
        Evidence = "traceability for device reports", Source = "practice; FDA MedWatch", InLeaflet = "no",
        Check = t => Rules.AllOf(t.Session.NeedleLot is null ? null : true, t.Session.NeedleExpiry is { } expiry ? expiry >= t.Session.Date : null),
    };

    static readonly SessionRule AllRemoved = new("PR-020", 1)
    {
        Title = "Needle count: inserted = removed", Area = "needle", Severity = RuleSeverity.Critical,
        Asks = "As many needles were removed as were inserted.",
        Fields = ["needles_inserted", "needles_removed"],
        Evidence = "retained needle 34/131711; 31% of NHS acupuncture incidents", Source = "Wheway 2012; White 2001; Yamashita 1999", InLeaflet = "no",
        Check = t => Equal(t.Session.NeedlesInserted, t.Session.NeedlesRemoved),
    };

    static readonly SessionRule AllDisposed = new("PR-021", 1)
    {
        Title = "Needle reconciliation: opened = disposed in sharps", Area = "needle", Severity = RuleSeverity.Major,
        Asks = "As many needles went into the sharps box as were opened.",
        Fields = ["needles_opened", "needles_disposed"],
        Evidence = "sharps law and guideline", Source = "OSHA 1910.1030 (memory); ASAP 2007", InLeaflet = "no",
        Check = t => Equal(t.Session.NeedlesOpened, t.Session.NeedlesDisposed),
    };

    static Outcome Equal(int? one, int? other) => Rules.Judge(one is null || other is null ? null : one == other);

    public static readonly IReadOnlyList<ProtocolRule> All = [SingleUse, LotInDate, AllRemoved, AllDisposed];
}
