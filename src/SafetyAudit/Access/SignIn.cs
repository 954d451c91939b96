using SafetyAudit.AuditTrail;

namespace SafetyAudit.Access;

/// <summary>One sign-in of one user in one browser. The cookie only names it; whether it still counts is decided here, at every request.</summary>
[Unaudited]
public sealed class SignIn
{
    public required string Id { get; init; }
    public required string UserId { get; init; }
    public required SignInMethod Method { get; init; }
    public required DateTime StartedAtUtc { get; init; }

    /// <summary>Written at most every few minutes and only when the database is free, so it may lag; the cookie knows the minute.</summary>
    public required DateTime LastSeenAtUtc { get; set; }

    /// <summary>Ends here, however busy it is.</summary>
    public required DateTime ExpiresAtUtc { get; init; }

    public required string Address { get; init; }

    /// <summary>Browser and system in a few words, as it said of itself.</summary>
    public required string Browser { get; init; }

    public DateTime? EndedAtUtc { get; private set; }
    public SignInEnd? EndedBecause { get; private set; }

    public void End(SignInEnd because, DateTime now)
    {
        if (EndedAtUtc is null) (EndedAtUtc, EndedBecause) = (now, because);
    }
}

public enum SignInMethod { SetUpLink, Password, PasswordAndCode, PasswordAndRecoveryCode, Passkey }

/// <summary>Why a sign-in is over. Unknown: the account, or the sign-in, is no longer there.</summary>
public enum SignInEnd { SignedOut, EndedByUser, SignedInAgain, CredentialsChanged, Idle, Expired, Disabled, Unknown }

/// <param name="Idle">A sign-in that is not used for this long asks again.</param>
/// <param name="Absolute">A sign-in asks again after this long in any case.</param>
/// <param name="SecondStepRequired">A password alone opens nothing but the pages on which a code or a passkey is set up.</param>
public sealed record AccessSettings(TimeSpan Idle, TimeSpan Absolute, bool SecondStepRequired);
