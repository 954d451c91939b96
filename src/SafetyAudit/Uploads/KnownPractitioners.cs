using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

/// <summary>The practitioners there are, with their home clinic: each is looked up when a row first names them and held from then on, so that a small file costs the same however many there are. One reader at a time asks.</summary>
/// <remarks>Whoever a row names first decides for the whole file, so that rows which say the same are judged the same. All are looked for, whoever sends the file: ids are one person's in all clinics.</remarks>
/// <param name="db">Of its own, since it is asked while others are used.</param>
/// <param name="alsoKnown">Further ones that are not stored.</param>
sealed class KnownPractitioners(SafetyAuditDb db, IReadOnlyDictionary<string, string?> alsoKnown) : IAsyncDisposable
{
    // Of ids that are none there may be as many as rows.
    const int MostUnknown = 10_000;

    readonly Dictionary<string, string?> known = new(alsoKnown);
    readonly HashSet<string> unknown = [];

    /// <param name="practitionerId">As a row names them.</param>
    /// <param name="clinicId">Their home clinic, where they have one.</param>
    public bool Has(string practitionerId, out string? clinicId)
    {
        if (known.TryGetValue(practitionerId, out clinicId)) return true;
        if (unknown.Contains(practitionerId)) return false;
        if (db.Database.GetDbConnection().State != System.Data.ConnectionState.Open) db.Database.OpenConnection();
        var found = db.Practitioners.Where(p => p.PractitionerId == practitionerId && p.SupersededAtUtc == null).Select(p => new { p.ClinicId }).ToList();
        if (found.Count == 0)
        {
            if (unknown.Count < MostUnknown) unknown.Add(practitionerId);
            return false;
        }
        known[practitionerId] = clinicId = found.Max(p => p.ClinicId);
        return true;
    }

    public ValueTask DisposeAsync() => db.DisposeAsync();
}
