using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

/// <summary>The practitioners there are, with their home clinic: each is looked up when a row first names them and held from then on, so that a small file costs the same however many there are. One reader at a time asks.</summary>
/// <param name="db">Of its own, since it is asked while others are used.</param>
/// <param name="alsoKnown">Further ones that are not stored.</param>
sealed class KnownPractitioners(SafetyAuditDb db, IReadOnlyDictionary<string, string?> alsoKnown) : IAsyncDisposable
{
    readonly Dictionary<string, string?> known = new(alsoKnown);

    /// <param name="practitionerId">As a row names them.</param>
    /// <param name="clinicId">Their home clinic, where they have one.</param>
    public bool Has(string practitionerId, out string? clinicId)
    {
        if (known.TryGetValue(practitionerId, out clinicId)) return true;
        if (db.Database.GetDbConnection().State != System.Data.ConnectionState.Open) db.Database.OpenConnection();
        var found = db.Practitioners.Where(p => p.PractitionerId == practitionerId && p.SupersededAtUtc == null).Select(p => new { p.ClinicId }).ToList();
        // One that is not there is asked for again: of ids that are none there may be as many as rows.
        if (found.Count == 0) return false;
        known[practitionerId] = clinicId = found.Max(p => p.ClinicId);
        return true;
    }

    public ValueTask DisposeAsync() => db.DisposeAsync();
}
