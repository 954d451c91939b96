using System.Collections.Concurrent;
using System.Reflection;
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
    static readonly HashSet<string> Secret = ["PasswordHash", "SecretHash", "Value", "CodeSecret", "RecoveryCodes"];
    static readonly ConcurrentDictionary<Type, bool> IsAudited = new();

    /// <summary>One tracked change. What it is after is read once it is saved, when the database has given its ids.</summary>
    public sealed record Change(EntityEntry Entry, AuditAction Action, List<IProperty> Properties, string? Before)
    {
        public AuditDraft Draft(string? why) => new(Action, SubjectOf(Entry), ClinicOf(Entry), Before, Action == AuditAction.Removed ? null : Write(Properties, p => Entry.Property(p.Name).CurrentValue), why);
    }

    public static List<Change> Of(ChangeTracker tracker)
    {
        var changes = new List<Change>();
        foreach (var entry in tracker.Entries().Where(e => e.State is EntityState.Added or EntityState.Modified or EntityState.Deleted))
        {
            if (!IsAudited.GetOrAdd(entry.Metadata.ClrType, type => type.GetCustomAttribute<UnauditedAttribute>() is null)) continue;
            var properties = entry.Metadata.GetProperties().Where(p => !Left.Contains(p.Name) && p.PropertyInfo?.GetCustomAttribute<UnauditedAttribute>() is null);
            switch (entry.State)
            {
                case EntityState.Added:
                    changes.Add(new(entry, AuditAction.Added, [.. properties], null));
                    break;
                case EntityState.Deleted:
                    changes.Add(new(entry, AuditAction.Removed, [], Write(properties, p => entry.Property(p.Name).OriginalValue)));
                    break;
                default:
                    List<IProperty> changed = [.. properties.Where(p => entry.Property(p.Name).IsModified && !p.GetValueComparer().Equals(entry.Property(p.Name).OriginalValue, entry.Property(p.Name).CurrentValue))];
                    if (changed.Count > 0) changes.Add(new(entry, AuditAction.Changed, changed, Write(changed, p => entry.Property(p.Name).OriginalValue)));
                    break;
            }
        }
        return changes;
    }

    static string SubjectOf(EntityEntry entry) => entry.Entity switch
    {
        User user => $"user {user.UserName}",
        _ => $"{Codes.SnakeCase(entry.Metadata.ClrType.Name.Split('`')[0])} {string.Join('/', entry.Metadata.FindPrimaryKey()!.Properties.Select(p => entry.Property(p.Name).CurrentValue))}",
    };

    static string? ClinicOf(EntityEntry entry) => entry.Metadata.FindProperty("ClinicId") is { ClrType.Name: "String" } clinic ? (string?)entry.Property(clinic.Name).CurrentValue : null;

    static string Write(IEnumerable<IProperty> properties, Func<IProperty, object?> value) =>
        JsonSerializer.Serialize(properties.Select(p => (p.Name, Value: value(p))).Where(p => p.Value is not null and not "" and not false)
            .ToDictionary(p => Codes.SnakeCase(p.Name), p => Secret.Contains(p.Name) ? "(not shown)" : p.Value), Json.Options);
}
