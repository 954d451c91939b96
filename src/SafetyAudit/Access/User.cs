using Microsoft.AspNetCore.Identity;

namespace SafetyAudit.Access;

/// <summary>Someone who signs in. The user name is their mail address or a short name.</summary>
public sealed class User : IdentityUser;
