using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Notices;

namespace SafetyAudit.Host.Api;

/// <summary>One's calendar of due dates, by its secret address: calendars don't sign in. It names nobody, and ends with the account or with another address.</summary>
static class CalendarEndpoint
{
    /// <summary>Longer than any address of ours.</summary>
    const int LongestSecret = 100;

    public static void MapCalendar(this IEndpointRouteBuilder app) => app.MapGet("/calendar/{secret}", async (string secret, HttpContext http, IDbContextFactory<SafetyAuditDb> databases, NoticeSettings settings, TimeProvider time, CancellationToken ct) =>
    {
        string hash = AddressSecret.HashOf(secret.Length <= LongestSecret ? secret.EndsWith(".ics", StringComparison.Ordinal) ? secret[..^4] : secret : "");
        await using var db = await databases.OpenAsync(Actor.Nobody, ct);
        if (await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.CalendarHash == hash && u.DisabledAtUtc == null, ct) is not { } reader) return Results.NotFound();
        var address = settings.Address ?? new Uri($"{http.Request.Scheme}://{http.Request.Host}/");
        return Results.Text(await DueCalendar.WriteAsync(databases, reader, address, time.UtcNow(), ct), "text/calendar", System.Text.Encoding.UTF8);
    }).AllowAnonymous().ExcludeFromDescription();
}
