using Microsoft.AspNetCore.Authorization;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Security;

/// <summary>What a page or an endpoint asks of whoever opens it. One that says nothing opens to nobody.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class NeedsAttribute(Permission permission) : AuthorizeAttribute, IAuthorizationRequirementData, IAuthorizationRequirement
{
    public Permission Permission { get; } = permission;

    /// <summary>People type into this page's address what has no place in the trail for ever, such as a patient's id.</summary>
    public bool LeaveOutQuery { get; init; }

    /// <summary>
    /// The address names one record. It is entered when the record was found, which is then known by its pseudonym alone; what somebody typed that is none may be a patient's id, and is entered
    /// nowhere.
    /// </summary>
    public bool EnterWhenFound { get; init; }

    public IEnumerable<IAuthorizationRequirement> GetRequirements() => [this];
}

/// <summary>The one place where it is decided whether a request may go on: by the actor that the request's database context acts for.</summary>
sealed class DecideNeeds : AuthorizationHandler<NeedsAttribute>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, NeedsAttribute requirement)
    {
        if (context.Resource is HttpContext http && http.RequestServices.GetRequiredService<SafetyAuditDb>().Actor.May(requirement.Permission)) context.Succeed(requirement);
        return Task.CompletedTask;
    }
}
