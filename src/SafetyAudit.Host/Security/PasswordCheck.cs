using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;

namespace SafetyAudit.Host.Security;

/// <summary>Whether a name and a password fit together. A stranger learns nothing else: same answer and same work whether the name exists or not.</summary>
public sealed class PasswordCheck(UserManager<User> users, IPasswordHasher<User> hasher, ILogger<PasswordCheck> log)
{
    static string? nobodys;

    /// <summary>The user whom the name and the password belong to and who may sign in, else null. The log knows which it was.</summary>
    public async Task<User?> AcceptAsync(HttpContext context, string? name, string? password)
    {
        (name, password) = (name ?? "", password ?? "");
        var user = name.Length is > 0 and <= 256 ? await users.FindByNameAsync(name) : null;
        bool fits = password.Length <= PasswordRule.Longest && (user is null ? Nobodys(password) : await users.CheckPasswordAsync(user, password));
        string? reason = (user, fits) switch
        {
            (null, _) => "unknown_name",
            (_, false) => "wrong_password",
            ({ DisabledAtUtc: not null }, _) => "disabled",
            _ => null,
        };
        if (reason is null) return user;
        log.LogWarning("Sign-in refused: {Reason}, name {Name}, from {Address}", reason, LogText.Of(name), Caller.Address(context));
        return null;
    }

    /// <summary>Asked again before something that matters.</summary>
    public async Task<bool> AgainAsync(HttpContext context, User user, string? password)
    {
        if (password is { Length: <= PasswordRule.Longest } && await users.CheckPasswordAsync(user, password)) return true;
        log.LogWarning("Change refused: {Reason}, user {UserId}, from {Address}", "wrong_password", user.Id, Caller.Address(context));
        return false;
    }

    bool Nobodys(string password)
    {
        nobodys ??= hasher.HashPassword(new User(), Convert.ToHexString(RandomNumberGenerator.GetBytes(32)));
        hasher.VerifyHashedPassword(new User(), nobodys, password);
        return false;
    }
}
