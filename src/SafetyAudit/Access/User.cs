using Microsoft.AspNetCore.Identity;

namespace SafetyAudit.Access;

/// <summary>Someone who signs in. The user name is their mail address or a short name.</summary>
public sealed class User : IdentityUser
{
    /// <summary>From then on nobody signs in with this account, and its sign-ins are refused.</summary>
    public DateTime? DisabledAtUtc { get; set; }

    /// <summary>What the authenticator app and we share, protected by a key outside the database. Null while no code is asked for.</summary>
    public string? CodeSecret { get; set; }

    /// <summary>The time step of the last code that was accepted: that code and every earlier one are spent.</summary>
    public long? LastCodeStep { get; set; }

    /// <summary>Hashes of the recovery codes that are left.</summary>
    public IReadOnlyList<string> RecoveryCodes { get; set; } = [];
}
