using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Security;

/// <summary>Makes the request's database context act for whoever sent it, before anything is decided or read.</summary>
sealed class RequestActor(RequestDelegate next)
{
    internal const string Role = ClaimTypes.Role, Clinic = "clinic", Practitioner = "practitioner", Nowhere = "nowhere", Key = "api_key";

    public Task InvokeAsync(HttpContext context, SafetyAuditDb db)
    {
        db.Actor = Of(context);
        return next(context);
    }

    static Actor Of(HttpContext context)
    {
        string origin = context.Connection.RemoteIpAddress?.ToString() ?? "";
        var user = context.User;
        if (user.Identity is not { IsAuthenticated: true, Name: { } name }) return Actor.Anonymous(origin);
        string[] clinics = [.. user.FindAll(Clinic).Select(c => c.Value)];
        if (user.HasClaim(c => c.Type == Key)) return new(ActorKind.ApiKey, name, origin, Roles.OfApiKeys, new(clinics));
        var roles = user.FindAll(Role).Select(c => Codes.TryParse<Role>(c.Value, out var role) ? role : throw new InvalidDataException($"'{c.Value}' is no role."));
        var scope = user.HasClaim(c => c.Type == Nowhere) ? Scope.Nothing : new Scope(clinics.Length == 0 ? null : clinics, user.FindFirstValue(Practitioner));
        return new(ActorKind.Person, name, origin, Roles.Of(roles), scope);
    }
}

/// <summary>Puts an account's roles and scope into its sign-in. Changing them ends the sign-ins that carry the old ones.</summary>
sealed class UserClaims(UserManager<User> users, IOptions<IdentityOptions> options) : UserClaimsPrincipalFactory<User>(users, options)
{
    protected override async Task<ClaimsIdentity> GenerateClaimsAsync(User user)
    {
        var identity = await base.GenerateClaimsAsync(user);
        var scope = user.Scope;
        identity.AddClaims(user.Roles.Select(role => new Claim(RequestActor.Role, Codes.Of(role))));
        identity.AddClaims((scope.Clinics ?? []).Select(clinic => new Claim(RequestActor.Clinic, clinic)));
        if (scope.PractitionerId is { } practitioner) identity.AddClaim(new(RequestActor.Practitioner, practitioner));
        if (scope.Clinics is []) identity.AddClaim(new(RequestActor.Nowhere, "true"));
        return identity;
    }
}
