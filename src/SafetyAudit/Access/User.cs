using Microsoft.AspNetCore.Identity;
using SafetyAudit.AuditTrail;

namespace SafetyAudit.Access;

/// <summary>Someone who signs in. The user name is their mail address or a short name.</summary>
public sealed class User : IdentityUser
{
    public IReadOnlyList<Role> Roles { get; set; } = [];

    /// <summary>The clinics whose records they reach; empty means all clinics.</summary>
    public IReadOnlyList<string> ClinicIds { get; set; } = [];

    /// <summary>Whose own figures they see, for the role practitioner.</summary>
    public string? PractitionerId { get; set; }

    /// <summary>The role practitioner alone narrows to one's own records; a director who also treats sees the clinic's.</summary>
    public Scope Scope
    {
        get
        {
            bool ownOnly = Roles.Contains(Role.Practitioner) && !Roles.Any(r => r is Role.Director or Role.ComplianceOfficer);
            // An account without a practitioner id, that should see its own records only, sees none.
            return ownOnly && PractitionerId is null ? Scope.Nothing : new(ClinicIds.Count == 0 ? null : [.. ClinicIds], ownOnly ? PractitionerId : null);
        }
    }
    /// <summary>From then on nobody signs in with this account, and its sign-ins are refused.</summary>
    public DateTime? DisabledAtUtc { get; set; }

    /// <summary>The <see cref="AddressSecret"/> of one's calendar of due dates, hashed. Null while there is none.</summary>
    public string? CalendarHash { get; set; }

    /// <summary>What the authenticator app and we share, protected by a key outside the database. Null while no code is asked for.</summary>
    public string? CodeSecret { get; set; }

    /// <summary>The time step of the last code that was accepted: that code and every earlier one are spent.</summary>
    [Unaudited] public long? LastCodeStep { get; set; }

    /// <summary>Hashes of the recovery codes that are left.</summary>
    public IReadOnlyList<string> RecoveryCodes { get; set; } = [];
}
