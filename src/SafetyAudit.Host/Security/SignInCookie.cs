using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Api;

namespace SafetyAudit.Host.Security;

/// <summary>
/// Asks at every request whether the sign-in still counts, in one query by its key: not ended, not expired, the account open, its password and second step
/// unchanged. How long ago it was used stands in the cookie, since the database is not written at every request.
/// </summary>
sealed class SignInCookie(SafetyAuditDb db, FindSignIn find, TimeProvider time, AccessSettings settings, SignInDiary diary, ILogger<SignInCookie> log) : CookieAuthenticationEvents
{
    /// <summary>In the query of a page that asks again by itself: nobody need be sitting there, so that it is no use of a sign-in.</summary>
    public const string ByItself = "by-itself";

    static readonly object Outage = new();

    public override async Task ValidatePrincipal(CookieValidatePrincipalContext context)
    {
        var http = context.HttpContext;
        var now = time.UtcNow();
        string? id = context.Principal is { } claimed ? SignIns.IdOf(claimed) : null;
        SignIn? signIn;
        User? user;
        try
        {
            (signIn, user) = await find.ByIdAsync(db, id, http.RequestAborted) ?? new(null, null);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Closed while we can't know. The cookie stays, so that nobody has to sign in again afterwards.
            log.LogError(e, "The database could not be asked about a sign-in");
            http.Items[Outage] = true;
            context.RejectPrincipal();
            return;
        }
        var used = context.Properties.IssuedUtc!.Value.UtcDateTime;
        SignInEnd? over = (signIn, user) switch
        {
            (null, _) or (_, null) => SignInEnd.Unknown,
            ({ EndedBecause: { } because }, _) => because,
            (_, { DisabledAtUtc: not null }) => SignInEnd.Disabled,
            _ when context.Properties.GetString(SignIns.Stamp) != user.SecurityStamp => SignInEnd.CredentialsChanged,
            _ when now >= signIn.ExpiresAtUtc => SignInEnd.Expired,
            _ when now - used >= settings.Idle => SignInEnd.Idle,
            _ => null,
        };
        if (over is { } reason)
        {
            if (signIn is { EndedAtUtc: null } && reason is SignInEnd.Idle or SignInEnd.Expired) diary.Over(signIn!.Id, reason, now);
            log.LogInformation("Refused: the sign-in of user {UserId} from {Address} is over, {Reason}", user?.Id, Caller.Address(http), Codes.Of(reason));
            http.Items[typeof(SignInEnd)] = reason;
            context.RejectPrincipal();
            await http.SignOutAsync(context.Scheme.Name);
            return;
        }
        context.ReplacePrincipal(SignIns.Principal(user!, signIn!));
        // So it is of the stream that an open page listens to.
        if (http.Request.Query.ContainsKey(ByItself) || http.Request.Path == LiveEndpoint.Path) return;
        // Fifteen minutes are fifteen minutes, to a quarter of one.
        context.ShouldRenew = now - used >= settings.Idle / 60;
        if (now - signIn!.LastSeenAtUtc >= SignInDiary.Every) diary.Seen(signIn.Id, now);
    }

    /// <summary>To the sign-in page, which says why and leads back here.</summary>
    public override Task RedirectToLogin(RedirectContext<CookieAuthenticationOptions> context)
    {
        var (request, response) = (context.Request, context.Response);
        if (context.HttpContext.Items.ContainsKey(Outage))
        {
            response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        }
        // What was posted is gone; its page can be shown again.
        string back = request.PathBase + request.Path + (HttpMethods.IsGet(request.Method) ? request.QueryString.Value : "");
        var query = new QueryString().Add("returnUrl", back);
        if (context.HttpContext.Items[typeof(SignInEnd)] is SignInEnd reason) query = query.Add("over", Codes.Of(reason));
        response.Redirect($"{request.Scheme}://{request.Host}{request.PathBase}{context.Options.LoginPath}{query}");
        return Task.CompletedTask;
    }

    public override Task RedirectToAccessDenied(RedirectContext<CookieAuthenticationOptions> context)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }
}

/// <summary>Finds a sign-in and whose it is, with a query that is made once: it is asked at every request, and to make it takes longer than to ask it.</summary>
sealed class FindSignIn
{
    public sealed record Found(SignIn? SignIn, User? User);

    readonly Func<SafetyAuditDb, string?, CancellationToken, Task<Found?>> query = EF.CompileAsyncQuery((SafetyAuditDb db, string? id, CancellationToken _) =>
        db.SignIns.AsNoTracking().Where(s => s.Id == id).Join(db.Users, s => s.UserId, u => u.Id, (s, u) => new Found(s, u)).SingleOrDefault());

    public Task<Found?> ByIdAsync(SafetyAuditDb db, string? id, CancellationToken ct) => query(db, id, ct);
}
