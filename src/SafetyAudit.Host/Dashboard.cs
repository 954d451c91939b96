using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host;

/// <summary>The web application: what it is made of, and what every request passes through.</summary>
static class Dashboard
{
    public static WebApplication Build(string[] settings, bool worker)
    {
        // The program's own folder holds its settings and style sheet, wherever it is started from.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = settings, ApplicationName = typeof(Dashboard).Assembly.GetName().Name, ContentRootPath = AppContext.BaseDirectory });
        if (string.IsNullOrEmpty(builder.Configuration["urls"])) builder.WebHost.UseUrls("http://localhost:5080");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);

        var services = builder.Services;
        services.AddSafetyAudit(builder.Configuration, worker);
        var database = Settings.Database(builder.Configuration);
        services.AddDataProtection().SetApplicationName("SafetyAudit")
            .PersistKeysToFileSystem(new DirectoryInfo(Settings.Keys(builder.Configuration).Directory));
        services.AddOptions<KeyManagementOptions>().Configure<KeyRing>((management, keys) => management.XmlEncryptor = new SealedXmlEncryptor(keys));
        services.AddSingleton<SetUpLink>();
        services.AddAuthentication(IdentityConstants.ApplicationScheme).AddIdentityCookies(cookies => cookies.ApplicationCookie!.Configure(cookie =>
        {
            cookie.LoginPath = "/sign-in";
            cookie.ExpireTimeSpan = TimeSpan.FromHours(8);
            cookie.Cookie.SameSite = SameSiteMode.Lax;
        }));
        services.AddIdentityCore<User>(identity =>
        {
            // Length is what makes a password hard to guess; rules on its letters only make it hard to remember.
            (identity.Password.RequiredLength, identity.Password.RequireDigit, identity.Password.RequireLowercase, identity.Password.RequireUppercase, identity.Password.RequireNonAlphanumeric) = (12, false, false, false, false);
            (identity.Lockout.MaxFailedAccessAttempts, identity.Lockout.DefaultLockoutTimeSpan) = (5, TimeSpan.FromMinutes(5));
        }).AddEntityFrameworkStores<SafetyAuditDb>().AddSignInManager();
        // Nothing is open unless it says so.
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddRazorPages();
        services.AddHealthChecks().AddDbContextCheckOf(database);

        var app = builder.Build();
        app.UseExceptionHandler("/error");
        app.UseStatusCodePagesWithReExecute("/error/{0}");
        app.UseMiddleware<SecurityHeaders>();
        app.UseStaticFiles();
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapHealthChecks("/health/live", new() { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/health/ready").AllowAnonymous();
        app.MapRazorPages();
        return app;
    }

    static void AddDbContextCheckOf(this IHealthChecksBuilder checks, DatabaseSettings database) =>
        checks.AddAsyncCheck("database", async ct =>
        {
            await using var db = new SafetyAuditDb((DbContextOptions<SafetyAuditDb>)Database.Configure(new DbContextOptionsBuilder<SafetyAuditDb>(), database).Options);
            return await db.Database.CanConnectAsync(ct) ? Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckResult.Healthy() : Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckResult.Unhealthy("The database does not answer.");
        });
}
