using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using SafetyAudit.Access;

namespace SafetyAudit.Host.Security;

/// <summary>The code of an authenticator app after the password, and the recovery codes for when the phone is lost.</summary>
public sealed class SecondStep(UserManager<User> users, IDataProtectionProvider protection, TimeProvider time, ILogger<SecondStep> log)
{
    public const string Scheme = "SecondStep";
    readonly IDataProtector secrets = protection.CreateProtector("SafetyAudit.CodeSecret");

    /// <summary>Remembers for five minutes, in a cookie of its own, that this browser knows the password.</summary>
    public static Task AskAsync(HttpContext context, User user) => context.SignInAsync(Scheme,
        new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, user.Id), new(SignIns.Stamp, user.SecurityStamp!)], Scheme)));

    /// <summary>Whose code is asked for, or null when the password was not given, or too long ago.</summary>
    public async Task<User?> AskedAsync(HttpContext context)
    {
        if ((await context.AuthenticateAsync(Scheme)).Principal is not { } known || SignIns.UserIdOf(known) is not { } id) return null;
        var user = await users.FindByIdAsync(id);
        return user is { DisabledAtUtc: null, CodeSecret: not null } && user.SecurityStamp == known.FindFirstValue(SignIns.Stamp) ? user : null;
    }

    public static Task DoneAsync(HttpContext context) => context.SignOutAsync(Scheme);

    /// <summary>Accepts a code, or a recovery code, once. Answers how the user has then signed in, or null.</summary>
    public async Task<SignInMethod?> AcceptAsync(HttpContext context, User user, string? given)
    {
        string code = string.Concat((given ?? "").Where(c => !char.IsWhiteSpace(c)));
        SignInMethod method;
        string reason = "wrong_code";
        if (code.Length == 6 && code.All(char.IsAsciiDigit))
        {
            method = SignInMethod.PasswordAndCode;
            if (SecretOf(user) is not { } secret) return Refuse("secret_unreadable");
            if (OneTimeCode.StepOf(secret, code, time.GetUtcNow(), user.LastCodeStep) is not { } step)
                return Refuse(OneTimeCode.StepOf(secret, code, time.GetUtcNow(), null) is null ? reason : "code_used_before");
            user.LastCodeStep = step;
        }
        else
        {
            method = SignInMethod.PasswordAndRecoveryCode;
            string hash = code.Length <= 64 ? RecoveryCode.HashOf(code) : "";
            if (!user.RecoveryCodes.Contains(hash)) return Refuse(reason);
            user.RecoveryCodes = [.. user.RecoveryCodes.Where(left => left != hash)];
        }
        // Two requests with one code: the account has a version, and only one of them can move it on.
        return (await users.UpdateAsync(user)).Succeeded ? method : Refuse("code_used_before");

        SignInMethod? Refuse(string why)
        {
            log.LogWarning("Sign-in refused: {Reason}, user {UserId}, from {Address}", why, user.Id, Caller.Address(context));
            return null;
        }
    }

    /// <summary>A new secret, wrapped for the form that confirms it: nothing is kept before the app has shown a right code.</summary>
    public (byte[] Secret, string Wrapped) Offer(User user)
    {
        byte[] secret = OneTimeCode.NewSecret();
        return (secret, Wrapping(user).Protect($"{time.GetUtcNow().AddMinutes(30).ToUnixTimeSeconds()} {Convert.ToHexString(secret)}"));
    }

    /// <summary>What was wrapped for this user within the last half hour, or null.</summary>
    public byte[]? Unwrap(User user, string? wrapped)
    {
        try
        {
            string[] parts = Wrapping(user).Unprotect(wrapped ?? "").Split(' ');
            return time.GetUtcNow().ToUnixTimeSeconds() <= long.Parse(parts[0], CultureInfo.InvariantCulture) ? Convert.FromHexString(parts[1]) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Turns the second step on when the app shows the right code. Answers the recovery codes, shown once; null when it is wrong.</summary>
    public async Task<IReadOnlyList<string>?> TurnOnAsync(User user, byte[] secret, string? code)
    {
        if (OneTimeCode.StepOf(secret, string.Concat((code ?? "").Where(c => !char.IsWhiteSpace(c))), time.GetUtcNow(), null) is not { } step) return null;
        (user.CodeSecret, user.LastCodeStep) = (secrets.Protect(Convert.ToBase64String(secret)), step);
        return await NewRecoveryCodesAsync(user);
    }

    /// <summary>New recovery codes; the old ones open nothing any more.</summary>
    public async Task<IReadOnlyList<string>> NewRecoveryCodesAsync(User user)
    {
        var codes = RecoveryCode.NewSet();
        user.RecoveryCodes = [.. codes.Select(RecoveryCode.HashOf)];
        await ChangedAsync(user);
        return codes;
    }

    public Task TurnOffAsync(User user)
    {
        (user.CodeSecret, user.LastCodeStep, user.RecoveryCodes) = (null, null, []);
        return ChangedAsync(user);
    }

    async Task ChangedAsync(User user)
    {
        var saved = await users.UpdateSecurityStampAsync(user);
        if (!saved.Succeeded)
            throw new InvalidOperationException($"The second step of {user.Id} could not be changed: {string.Join(" ", saved.Errors.Select(e => e.Code))}");
        log.LogInformation("Second step changed: user {UserId}, {State}", user.Id, user.CodeSecret is null ? "off" : "on");
    }

    byte[]? SecretOf(User user)
    {
        try
        {
            return user.CodeSecret is { } kept ? Convert.FromBase64String(secrets.Unprotect(kept)) : null;
        }
        catch (CryptographicException)
        {
            // The keys were lost. A recovery code still works, since it needs none.
            return null;
        }
    }

    IDataProtector Wrapping(User user) => protection.CreateProtector("SafetyAudit.CodeOffer", user.Id);
}
