using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.AuditTrail;

/// <summary>What a save is about to change, as entries of the trail: every entity that is tracked, unless it is marked <see cref="UnauditedAttribute"/>.</summary>
static class Changes
{
    // What the library keeps for itself and changes with every save, and what must not be shown.
    static readonly HashSet<string> Left = ["SecurityStamp", "ConcurrencyStamp", "NormalizedUserName", "NormalizedEmail", "AccessFailedCount", "LockoutEnd", "LockoutEnabled"];
    static readonly HashSet<string> Secret = ["PasswordHash", "SecretHash", "Value", "CodeSecret", "RecoveryCodes", "Note", "Reasons", "Actions", "Feedback", "ClosedBecause", "CalendarHash", "Url"];
    static readonly ConcurrentDictionary<Type, bool> Audited = new();

    /// <summary>Stands for a value that must not be shown, so that another value in its place can be told: from the field's name and the value.</summary>
    public delegate string Hide(string field, string value);

    /// <summary>One tracked change. What it is after is read once it is saved, when the database has given its ids.</summary>
    public sealed record Change(EntityEntry Entry, AuditAction Action, List<IProperty> Properties, string? Before, Hide Hide)
    {
        public AuditDraft Draft(string? why) =>
            new(Action, SubjectOf(Entry), ClinicOf(Entry), Before, Action == AuditAction.Removed ? null : Write(Properties, p => Entry.Property(p.Name).CurrentValue, Hide), why);
    }

    public static List<Change> Of(ChangeTracker tracker, Hide hide)
    {
        var changes = new List<Change>();
        foreach (var entry in tracker.Entries().Where(e => e.State is EntityState.Added or EntityState.Modified or EntityState.Deleted && IsAudited(e.Metadata)))
        {
            var properties = PropertiesOf(entry.Metadata);
            switch (entry.State)
            {
                case EntityState.Added:
                    changes.Add(new(entry, AuditAction.Added, [.. properties], null, hide));
                    break;
                case EntityState.Deleted:
                    changes.Add(new(entry, AuditAction.Removed, [], Write(properties, p => entry.Property(p.Name).OriginalValue, hide), hide));
                    break;
                default:
                    List<IProperty> changed = [.. properties.Where(p => entry.Property(p.Name).IsModified && !p.GetValueComparer().Equals(entry.Property(p.Name).OriginalValue, entry.Property(p.Name).CurrentValue))];
                    if (changed.Count > 0) changes.Add(new(entry, AuditAction.Changed, changed, Write(changed, p => entry.Property(p.Name).OriginalValue, hide), hide));
                    break;
            }
        }
        return changes;
    }

    public static bool IsAudited(IReadOnlyTypeBase entity) => Audited.GetOrAdd(entity.ClrType, type => type.GetCustomAttribute<UnauditedAttribute>() is null);

    /// <summary>A row as the trail is told of it when it is added.</summary>
    public static string Whole(EntityEntry entry, Hide hide) => Write(PropertiesOf(entry.Metadata), p => entry.Property(p.Name).CurrentValue, hide);

    public static string SubjectOf(EntityEntry entry) => entry.Entity switch
    {
        User user => $"user {user.UserName}",
        _ => $"{Codes.SnakeCase(entry.Metadata.ClrType.Name.Split('`')[0])} {string.Join('/', entry.Metadata.FindPrimaryKey()!.Properties.Select(p => KeyText(entry.Property(p.Name).CurrentValue)))}",
    };

    // A passkey's id is bytes, as many as its maker likes.
    static object? KeyText(object? value) => value is byte[] bytes ? Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16)) : value;

    static IEnumerable<IProperty> PropertiesOf(IEntityType entity) =>
        entity.GetProperties().Where(p => !Left.Contains(p.Name) && p.PropertyInfo?.GetCustomAttribute<UnauditedAttribute>() is null);

    static string? ClinicOf(EntityEntry entry) => entry.Metadata.FindProperty("ClinicId") is { ClrType.Name: "String" } clinic ? (string?)entry.Property(clinic.Name).CurrentValue : null;

    static string Write(IEnumerable<IProperty> properties, Func<IProperty, object?> value, Hide hide) =>
        JsonSerializer.Serialize(properties.Select(p => (p.Name, Value: AsKept(value(p)))).Where(p => p.Value is not null and not "" and not false)
            .ToDictionary(p => Codes.SnakeCase(p.Name), p => Secret.Contains(p.Name) ? hide(Codes.SnakeCase(p.Name), JsonSerializer.Serialize(p.Value, Json.Options)) : p.Value), Json.Options);

    // Instants as both databases give them back.
    static object? AsKept(object? value) => value is DateTime at ? DateTime.SpecifyKind(at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMicrosecond)), DateTimeKind.Utc) : value;
}
