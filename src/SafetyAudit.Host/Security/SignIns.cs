using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Security;

/// <summary>Begins and ends sign-ins: a row in the database, and the cookie that names it.</summary>
public sealed class SignIns(SafetyAuditDb db, TimeProvider time, AccessSettings settings, ILogger<SignIns> log)
{
    public const string IdClaim = "sign-in", PasswordOnly = "password-only", Stamp = "stamp";
    static readonly TimeSpan Kept = TimeSpan.FromDays(90);

    /// <summary>Signs a user in whose password, code or passkey was accepted. Always under a new id; the one this browser had before ends.</summary>
    public async Task StartAsync(HttpContext context, User user, SignInMethod method, CancellationToken ct)
    {
        var now = time.UtcNow();
        await db.SignIns.Where(s => s.UserId == user.Id && s.ExpiresAtUtc < now - Kept).ExecuteDeleteAsync(ct);
        if (IdOf(context.User) is { } before && await db.SignIns.FindAsync([before], ct) is { } old) old.End(SignInEnd.SignedInAgain, now);
        var signIn = new SignIn
        {
            Id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24)), UserId = user.Id, Method = method, StartedAtUtc = now, LastSeenAtUtc = now,
            ExpiresAtUtc = now + settings.Absolute, Address = Caller.Address(context), Browser = Caller.Browser(context),
        };
        db.SignIns.Add(signIn);
        db.Actor = RequestActor.Entering(context, user);
        db.Enter(new(AuditAction.SignedIn, $"user {user.UserName}", After: JsonSerializer.Serialize(new { Method = Codes.Of(method), signIn.Browser }, Json.Options)));
        await db.SaveChangesAsync(ct);
        var properties = new AuthenticationProperties();
        properties.SetString(Stamp, user.SecurityStamp);
        context.User = Principal(user, signIn);
        await context.SignInAsync(IdentityConstants.ApplicationScheme, context.User, properties);
        log.LogInformation("Signed in: user {UserId} from {Address} by {Method}", user.Id, signIn.Address, Codes.Of(method));
    }

    /// <summary>Ends the sign-in of this browser.</summary>
    public async Task SignOutAsync(HttpContext context, CancellationToken ct)
    {
        if (UserIdOf(context.User) is { } user && IdOf(context.User) is { } id) await EndAsync(user, id, SignInEnd.SignedOut, ct);
        await context.SignOutAsync(IdentityConstants.ApplicationScheme);
    }

    /// <summary>Ends one sign-in of this user. False when they have none of this id.</summary>
    public async Task<bool> EndAsync(string userId, string id, SignInEnd because, CancellationToken ct)
    {
        if (await db.SignIns.SingleOrDefaultAsync(s => s.Id == id && s.UserId == userId, ct) is not { } signIn) return false;
        signIn.End(because, time.UtcNow());
        db.Enter(new(AuditAction.SignedOut, $"sign-in of user id {userId}", Why: Codes.Of(because)));
        await db.SaveChangesAsync(ct);
        log.LogInformation("Sign-in ended: user {UserId}, because {Reason}", userId, Codes.Of(because));
        return true;
    }

    /// <summary>Ends every sign-in of this user.</summary>
    public async Task EndAllAsync(string userId, SignInEnd because, CancellationToken ct)
    {
        var now = time.UtcNow();
        var open = await db.SignIns.Where(s => s.UserId == userId && s.EndedAtUtc == null && s.ExpiresAtUtc > now).ToListAsync(ct);
        foreach (var signIn in open) signIn.End(because, now);
        db.Enter(new(AuditAction.SignedOut, $"all sign-ins of user id {userId}", Why: Codes.Of(because)));
        await db.SaveChangesAsync(ct);
        log.LogInformation("All sign-ins ended: user {UserId}, because {Reason}", userId, Codes.Of(because));
    }

    /// <summary>After a change to how the user signs in: every sign-in ends, and this browser goes on under a new one.</summary>
    public async Task StartAnewAsync(HttpContext context, User user, CancellationToken ct)
    {
        string? current = IdOf(context.User);
        var method = await db.SignIns.Where(s => s.Id == current).Select(s => s.Method).SingleAsync(ct);
        await EndAllAsync(user.Id, SignInEnd.CredentialsChanged, ct);
        await StartAsync(context, user, method, ct);
    }

    /// <summary>Who somebody is, made from the account as it is now: at every request, so that a change of the account holds at once.</summary>
    public static ClaimsPrincipal Principal(User user, SignIn signIn)
    {
        List<Claim> claims = [new(ClaimTypes.NameIdentifier, user.Id), new(ClaimTypes.Name, user.UserName!), new(IdClaim, signIn.Id), .. RequestActor.ClaimsOf(user)];
        if (user.CodeSecret is null && signIn.Method != SignInMethod.Passkey) claims.Add(new(PasswordOnly, ""));
        return new(new ClaimsIdentity(claims, IdentityConstants.ApplicationScheme));
    }

    /// <summary>Where a second step is required, whoever has none is led to where it is set up.</summary>
    public static Task RequireSecondStep(HttpContext context, RequestDelegate next)
    {
        bool lacking = context.User.HasClaim(c => c.Type == PasswordOnly) && context.RequestServices.GetRequiredService<AccessSettings>().SecondStepRequired;
        bool open = context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() != null || context.Request.Path.StartsWithSegments("/account")
            || context.Request.Path.StartsWithSegments("/sign-out");
        if (!lacking || open) return next(context);
        context.Response.Redirect("/account");
        return Task.CompletedTask;
    }

    public static string? IdOf(ClaimsPrincipal user) => user.FindFirstValue(IdClaim);

    public static string? UserIdOf(ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.NameIdentifier);
}
