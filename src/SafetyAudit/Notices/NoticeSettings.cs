namespace SafetyAudit.Notices;

/// <summary>How notices leave.</summary>
/// <param name="Address">Where the dashboard is found, for links; no notice leaves without it.</param>
/// <param name="Smtp">The mail server; no mail without one.</param>
/// <param name="QuietFrom">From when on nothing but a sentinel event is told, by the clock of <paramref name="Zone"/>.</param>
/// <param name="QuietTo">Until when.</param>
/// <param name="Zone">The clinics' time zone.</param>
/// <param name="Internal">Networks that webhooks may reach though they are internal.</param>
public sealed record NoticeSettings(Uri? Address, SmtpSettings? Smtp, TimeOnly QuietFrom, TimeOnly QuietTo, TimeZoneInfo Zone, IReadOnlyList<System.Net.IPNetwork> Internal)
{
    /// <summary>The hour of a Monday at which the week's digest is made.</summary>
    static readonly TimeOnly DigestAt = new(7, 0);

    /// <summary>The first instant from <paramref name="now"/> on outside quiet hours.</summary>
    public DateTime AfterQuiet(DateTime now)
    {
        var local = TimeZoneInfo.ConvertTimeFromUtc(now, Zone);
        if (QuietFrom == QuietTo || !TimeOnly.FromDateTime(local).IsBetween(QuietFrom, QuietTo)) return now;
        var end = local.Date + QuietTo.ToTimeSpan();
        if (end <= local) end = end.AddDays(1);
        while (Zone.IsInvalidTime(end)) end = end.AddMinutes(15);
        return TimeZoneInfo.ConvertTimeToUtc(end, Zone);
    }

    /// <summary>The Monday whose digest is due, or was last.</summary>
    public DateOnly DigestDay(DateTime now)
    {
        var local = TimeZoneInfo.ConvertTimeFromUtc(now, Zone) - DigestAt.ToTimeSpan();
        var day = DateOnly.FromDateTime(local);
        return day.AddDays(-(((int)day.DayOfWeek + 6) % 7));
    }
}

/// <summary>A mail server.</summary>
/// <param name="Host">Its name.</param>
/// <param name="Port">Its port.</param>
/// <param name="From">Whom mail comes from.</param>
/// <param name="Encrypted">Whether STARTTLS is asked for; without it nothing is sent.</param>
/// <param name="User">Name to sign in with; none where the server asks for none.</param>
/// <param name="Password">Its password.</param>
public sealed record SmtpSettings(string Host, int Port, System.Net.Mail.MailAddress From, bool Encrypted, string? User, string? Password);
