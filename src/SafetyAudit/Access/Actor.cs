namespace SafetyAudit.Access;

public enum ActorKind { Nobody, Person, ApiKey, CommandLine, Worker, OpenForm }

/// <summary>Which records someone reaches: those of the clinics named (null: of all), and of one practitioner alone where that is said.</summary>
public sealed record Scope(string[]? Clinics, string? PractitionerId = null)
{
    public static readonly Scope Everything = new((string[]?)null), Nothing = new([]);

    public bool HasClinic(string clinicId) => Clinics is null || Clinics.Contains(clinicId, StringComparer.Ordinal);
}

/// <summary>Who acts, from where, and what they may do and reach. Every database context has one; the default may do and see nothing.</summary>
/// <param name="Kind">A person, a program with a key, an operator at the command line, the worker, or somebody at a clinic's open form.</param>
/// <param name="Name">User name, key name, or the operating system's account.</param>
/// <param name="Origin">Network address, or the machine's name.</param>
/// <param name="Permissions">What they may do.</param>
/// <param name="Scope">Whose records they reach.</param>
public sealed record Actor(ActorKind Kind, string Name, string Origin, IReadOnlySet<Permission> Permissions, Scope Scope)
{
    static readonly HashSet<Permission> None = [], All = [.. Enum.GetValues<Permission>()];

    public static readonly Actor Nobody = new(ActorKind.Nobody, "", "", None, Scope.Nothing);

    /// <summary>The background worker, which sees to everybody's records.</summary>
    public static readonly Actor Worker = new(ActorKind.Worker, "worker", Environment.MachineName, All, Scope.Everything);

    /// <summary>Whoever runs a verb: an account of the operating system that can read the data directory can read all of it.</summary>
    public static readonly Actor CommandLine = new(ActorKind.CommandLine, Environment.UserName, Environment.MachineName, All, Scope.Everything);

    /// <summary>Someone at a network address who has not signed in: may do nothing, and is told apart from nobody in the trail.</summary>
    public static Actor Anonymous(string origin) => Nobody with { Name = "not signed in", Origin = origin };

    public bool May(Permission permission) => Permissions.Contains(permission);
}
