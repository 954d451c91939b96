using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>
/// Compares every row that the trail tells of by itself (accounts, keys, clinics, uploads, alerts, the catalogue) with the last word the trail has on each of its
/// fields: finds one that was altered, added or taken out directly in the database.
/// </summary>
/// <remarks>Goes by the model, so that a new kind of row is checked from its first day; what is marked <see cref="UnauditedAttribute"/> is left out.</remarks>
static class VerifyRows
{
    const int Batch = 1000;

    // Told of in another way, and compared by VerifyRecords: batch by batch, or by their number.
    static bool IsToldOtherwise(Type type) => type.IsSubclassOf(typeof(Record)) || type == typeof(QuarantinedRow) || type == typeof(AuditEntry);

    /// <summary>One thing that is wrong; whether it keeps its table from being read.</summary>
    public readonly record struct Fault(string What, bool IsUnreadable = false);

    public static async IAsyncEnumerable<Fault> RunAsync(SafetyAuditDb db, ICollection<string> said, [EnumeratorCancellation] CancellationToken ct)
    {
        // What the caller holds is not what lies there.
        db.ChangeTracker.Clear();
        var told = await ToldAsync(db, ct);
        var kinds = db.Model.GetEntityTypes().Where(e => !e.IsOwned() && Changes.IsAudited(e) && !IsToldOtherwise(e.ClrType)).ToList();
        long rows = 0;
        foreach (var kind in kinds)
            await foreach (var fault in OfKind(db, kind, told, () => rows++, ct)) yield return fault;
        foreach (string subject in told.Keys.Order(StringComparer.Ordinal)) yield return new($"{subject} is in the trail, and its row was taken out");
        said.Add($"{rows} rows of {string.Join(", ", kinds.Select(k => k.GetTableName()).Order(StringComparer.Ordinal))} compared, field by field");
    }

    static IAsyncEnumerable<Fault> OfKind(SafetyAuditDb db, IEntityType kind, Dictionary<string, Dictionary<string, string>> told, Action count, CancellationToken ct) =>
        (IAsyncEnumerable<Fault>)typeof(VerifyRows).GetMethod(nameof(OfKindAsync), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(kind.ClrType).Invoke(null, [db, kind, told, count, ct])!;

    static async IAsyncEnumerable<Fault> OfKindAsync<T>(
        SafetyAuditDb db, IEntityType kind, Dictionary<string, Dictionary<string, string>> told, Action count, [EnumeratorCancellation] CancellationToken ct) where T : class
    {
        var faults = new List<Fault>();
        // Tracked, so that what a row owns is looked at as the save saw it.
        await foreach (var (_, unreadable) in db.Set<T>().IgnoreQueryFilters().AsTracking().AsAsyncEnumerable().Readable(ct))
        {
            if (unreadable is not null) faults.Add(new($"{kind.GetTableName()} can't be read: {unreadable}", IsUnreadable: true));
            if (unreadable is not null || db.ChangeTracker.Entries().Skip(Batch).Any()) Compare();
            foreach (var fault in faults) yield return fault;
            faults.Clear();
        }
        Compare();
        foreach (var fault in faults) yield return fault;

        void Compare()
        {
            foreach (var entry in db.ChangeTracker.Entries().Where(e => Changes.IsAudited(e.Metadata)))
            {
                // The first key is there before the trail is.
                if (entry.Entity is KeyInUse { Number: 1 }) continue;
                count();
                string subject = Changes.SubjectOf(entry);
                if (!told.Remove(subject, out var fields))
                {
                    faults.Add(new($"{subject} is in no entry of the trail: it was added"));
                    continue;
                }
                var now = Fields(Changes.Whole(entry, (field, value) => db.Trail.HideAs(fields.GetValueOrDefault(field), field, value)));
                foreach (string field in fields.Keys.Union(now.Keys).Order(StringComparer.Ordinal))
                    if (fields.GetValueOrDefault(field) is var then && now.GetValueOrDefault(field) is var value && then != value)
                        faults.Add(new($"{subject} was altered: {field} is {Short(value)}, where the trail has {Short(then)}"));
            }
            db.ChangeTracker.Clear();
        }
    }

    // Of each row that is there, by the trail, each field that has a value.
    static async Task<Dictionary<string, Dictionary<string, string>>> ToldAsync(SafetyAuditDb db, CancellationToken ct)
    {
        var told = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        var entries = db.AuditEntries.IgnoreQueryFilters().AsNoTracking().Where(e => e.Action == AuditAction.Added || e.Action == AuditAction.Changed || e.Action == AuditAction.Removed)
            .OrderBy(e => e.Sequence).Select(e => new { e.Action, e.Subject, e.Before, e.After });
        await foreach (var entry in entries.AsAsyncEnumerable().WithCancellation(ct))
        {
            if (entry.Action == AuditAction.Removed) told.Remove(entry.Subject);
            else if (entry.Action == AuditAction.Added) told[entry.Subject] = Fields(entry.After);
            else if (told.TryGetValue(entry.Subject, out var fields))
            {
                foreach (string gone in Fields(entry.Before).Keys) fields.Remove(gone);
                foreach (var (field, value) in Fields(entry.After)) fields[field] = value;
            }
        }
        return told;
    }

    static Dictionary<string, string> Fields(string? json)
    {
        if (json is null) return [];
        using var parsed = JsonDocument.Parse(json);
        return parsed.RootElement.ValueKind != JsonValueKind.Object ? [] : parsed.RootElement.EnumerateObject().ToDictionary(f => f.Name, f => f.Value.GetRawText(), StringComparer.Ordinal);
    }

    static string Short(string? value) => value is null ? "empty" : value.Length > 120 ? value[..120] + "…" : value;
}
