using System.Security.Claims;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Security;

/// <summary>Makes the request's database context act for whoever sent it, before anything is decided or read.</summary>
sealed class RequestActor(RequestDelegate next)
{
    internal const string Role = ClaimTypes.Role, Clinic = "clinic", Practitioner = "practitioner", Nowhere = "nowhere", Key = "api_key";

    /// <summary>An account's roles and scope, as its sign-in carries them from request to request.</summary>
    public static IEnumerable<Claim> ClaimsOf(User user)
    {
        var scope = user.Scope;
        foreach (var role in user.Roles) yield return new(Role, Codes.Of(role));
        foreach (string clinic in scope.Clinics ?? []) yield return new(Clinic, clinic);
        if (scope.PractitionerId is { } practitioner) yield return new(Practitioner, practitioner);
        if (scope.Clinics is []) yield return new(Nowhere, "true");
    }

    public Task InvokeAsync(HttpContext context, SafetyAuditDb db)
    {
        db.Actor = Of(context);
        return next(context);
    }

    static Actor Person(string name, string origin, IReadOnlySet<Permission> permissions, Scope scope) =>
        // Accounts are the whole installation's, and report links a clinic's; nobody who reaches a part of these keeps them.
        new(ActorKind.Person, name, origin, permissions.Where(p => p switch
        {
            Permission.ManageAccess => scope.Clinics is null,
            Permission.KeepReportLinks => scope.PractitionerId is null,
            _ => true,
        }).ToHashSet(), scope);

    /// <summary>Someone on the way in: who they are is known, and they may do nothing yet but sign in.</summary>
    public static Actor Entering(HttpContext context, User user) => Person(user.UserName!, Caller.Address(context), new HashSet<Permission>(), Scope.Nothing);

    static Actor Of(HttpContext context)
    {
        string origin = Caller.Address(context);
        var user = context.User;
        if (user.Identity is not { IsAuthenticated: true, Name: { } name }) return Actor.Anonymous(origin);
        string[] clinics = [.. user.FindAll(Clinic).Select(c => c.Value)];
        if (user.HasClaim(c => c.Type == Key)) return new(ActorKind.ApiKey, name, origin, Roles.OfApiKeys, new(clinics));
        var roles = user.FindAll(Role).Select(c => Codes.TryParse<Role>(c.Value, out var role) ? role : throw new InvalidDataException($"'{c.Value}' is no role."));
        var scope = user.HasClaim(c => c.Type == Nowhere) ? Scope.Nothing : new Scope(clinics.Length == 0 ? null : clinics, user.FindFirstValue(Practitioner));
        return Person(name, origin, Roles.Of(roles), scope);
    }
}
