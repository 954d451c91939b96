using System.Globalization;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host.Pages.Records;

/// <summary>The versions of one record, by what an address says of it.</summary>
static class VersionsOf
{
    /// <summary>Every version that counts or ever counted, the oldest first.</summary>
    public static Task<List<Record>> EverAsync(SafetyAuditDb db, RecordKind kind, string id, string clinic, CancellationToken ct) => ReadAsync(db, kind, id, clinic, current: false, ct);

    /// <summary>The one that counts, if any does.</summary>
    public static async Task<Record?> CurrentAsync(SafetyAuditDb db, RecordKind kind, string id, string clinic, CancellationToken ct) => (await ReadAsync(db, kind, id, clinic, current: true, ct)).SingleOrDefault();

    static async Task<List<Record>> ReadAsync(SafetyAuditDb db, RecordKind kind, string id, string clinic, bool current, CancellationToken ct)
    {
        return kind switch
        {
            RecordKind.Sessions => [.. await From<Session>().Where(s => s.SessionId == id && s.ClinicId == clinic).OrderBy(s => s.Version).ToListAsync(ct)],
            RecordKind.Events => [.. await From<AdverseEvent>().Where(e => e.EventId == id && (e.ClinicId ?? "") == clinic).OrderBy(e => e.Version).ToListAsync(ct)],
            RecordKind.FollowUps => [.. await From<FollowUp>().Where(f => f.FollowUpId == id && (f.ClinicId ?? "") == clinic).OrderBy(f => f.Version).ToListAsync(ct)],
            RecordKind.Patients => id.Split(' ') is [var patient, var date] && DateOnly.TryParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var from)
                ? [.. await From<PatientRisk>().Where(p => p.PatientId == patient && p.ValidFrom == from && p.ClinicId == clinic).OrderBy(p => p.Version).ToListAsync(ct)] : [],
            RecordKind.Practitioners => [.. await From<Practitioner>().Where(p => p.PractitionerId == id).OrderBy(p => p.Version).ToListAsync(ct)],
            _ => throw new NotSupportedException($"No history of {kind}."),
        };

        IQueryable<T> From<T>() where T : Record => current ? db.Current<T>() : db.EverCounted<T>();
    }
}
