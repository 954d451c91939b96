using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.CookiePolicy;
using Microsoft.AspNetCore.Identity;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Security;

/// <summary>How people sign in: what ASP.NET Core Identity is told, and which cookies there are.</summary>
static class Accounts
{
    public static void AddAccounts(this IServiceCollection services, AccessSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton<SignInThrottle>();
        services.AddSingleton<SignInDiary>();
        services.AddHostedService(provider => provider.GetRequiredService<SignInDiary>());
        // Not static: such a query belongs to the database of one installation.
        services.AddSingleton<FindSignIn>();
        services.AddScoped<SignInCookie>();
        services.AddScoped<SignIns>();
        services.AddScoped<PasswordCheck>();
        services.AddScoped<SecondStep>();

        // Programs show a key, people their sign-in; neither opens the other's door.
        services.AddAuthentication(ByPath)
            .AddPolicyScheme(ByPath, null, choice => choice.ForwardDefaultSelector = http => http.Request.Path.StartsWithSegments("/api") ? ApiKeyAuthentication.Scheme : IdentityConstants.ApplicationScheme)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.Scheme, null)
            .AddCookie(IdentityConstants.ApplicationScheme, cookie =>
            {
                Name(cookie, "sign-in");
                // Links in mails have to arrive signed in; nothing is changed by a GET, and every form carries a token.
                cookie.Cookie.SameSite = SameSiteMode.Lax;
                // The row in the database decides; the cookie only has to outlive it, so that the sign-in page can say why.
                (cookie.ExpireTimeSpan, cookie.SlidingExpiration) = (settings.Absolute + TimeSpan.FromDays(1), false);
                (cookie.LoginPath, cookie.EventsType) = ("/sign-in", typeof(SignInCookie));
            })
            // Between the password and the code.
            .AddCookie(SecondStep.Scheme, cookie =>
            {
                Name(cookie, "second-step");
                (cookie.ExpireTimeSpan, cookie.SlidingExpiration) = (TimeSpan.FromMinutes(5), false);
            })
            // Identity keeps a passkey's challenge under this name.
            .AddCookie(IdentityConstants.TwoFactorUserIdScheme, cookie =>
            {
                Name(cookie, "passkey");
                (cookie.ExpireTimeSpan, cookie.SlidingExpiration) = (TimeSpan.FromMinutes(5), false);
            });
        services.AddAntiforgery(form => (form.Cookie.Name, form.Cookie.Path) = ("__Host-safetyaudit-form", "/"));
        services.Configure<CookiePolicyOptions>(policy =>
        {
            // Whoever sets a cookie: it goes over encrypted connections only (browsers count localhost as one), and no script reads it.
            (policy.Secure, policy.HttpOnly, policy.MinimumSameSitePolicy) = (CookieSecurePolicy.Always, HttpOnlyPolicy.Always, SameSiteMode.Lax);
        });

        // Before Identity, which would otherwise add its own rules on letters.
        services.AddScoped<IPasswordValidator<User>, PasswordRule>();
        services.AddIdentityCore<User>(identity =>
        {
            // No lock-out: anybody could lock out anybody. SignInThrottle slows down whoever guesses instead.
            identity.Lockout.AllowedForNewUsers = false;
        }).AddEntityFrameworkStores<SafetyAuditDb>().AddSignInManager().AddTokenProvider<DataProtectorTokenProvider<User>>(TokenOptions.DefaultProvider);
        services.AddScoped<GiveAccess>();
        // PBKDF2 with HMAC-SHA-512: OWASP and ASVS 5.0 (11.4.2) ask for 210,000 rounds or more. Older hashes are renewed when their owner signs in.
        services.Configure<PasswordHasherOptions>(hasher => hasher.IterationCount = 220_000);
        services.Configure<IdentityPasskeyOptions>(passkey =>
        {
            // A passkey stands for both steps, so the device must have asked for its PIN, finger or face; and it is found without a name being typed.
            (passkey.UserVerificationRequirement, passkey.ResidentKeyRequirement, passkey.AttestationConveyancePreference) = ("required", "required", "none");
            passkey.AuthenticatorTimeout = TimeSpan.FromMinutes(4);
        });
    }

    const string ByPath = "by path";

    // __Host-: browsers take it only when it is Secure, for this very host and for all its paths, so that no other host can plant one.
    static void Name(CookieAuthenticationOptions cookie, string name) =>
        (cookie.Cookie.Name, cookie.Cookie.Path, cookie.Cookie.SecurePolicy, cookie.Cookie.HttpOnly, cookie.Cookie.SameSite) =
            ("__Host-safetyaudit-" + name, "/", CookieSecurePolicy.Always, true, SameSiteMode.Strict);
}
