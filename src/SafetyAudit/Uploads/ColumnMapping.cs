using System.Security.Cryptography;
using System.Text;

namespace SafetyAudit.Uploads;

/// <summary>In which order a file writes the parts of a date. Never told from the file: 03/04/2025 says nothing of it.</summary>
public enum DateOrder { YearMonthDay, DayMonthYear, MonthDayYear }

/// <summary>One way to fill a column of ours from a file of another shape. A column may have several: the first that gives something is taken.</summary>
public sealed record MappedColumn(string Target)
{
    /// <summary>The file's columns whose cells are put together; none for a value that always holds.</summary>
    public IReadOnlyList<string> From { get; init; } = [];

    /// <summary>What the file's words mean here; a word that is not listed stays as it is, and a meaning may be nothing.</summary>
    public IReadOnlyDictionary<string, string> Meanings { get; init; } = new Dictionary<string, string>();

    /// <summary>What it means that the cell holds anything at all, such as an instant of cancelling.</summary>
    public string? WhenFilled { get; init; }

    /// <summary>The value of every row.</summary>
    public string? Always { get; init; }
}

/// <summary>
/// How the columns of files from one source become ours, remembered for the next file with the same header. Never changed: choosing anew makes another one, so
/// that every upload keeps the one it was read by.
/// </summary>
public sealed class ColumnMapping
{
    public long Id { get; set; }

    /// <summary>Name of the source, for people.</summary>
    public required string Name { get; set; }

    public RecordKind Kind { get; set; }

    /// <summary>The clinic whose files it is for; empty for all.</summary>
    public string? ClinicId { get; set; }

    /// <summary>By which the next file of this source is recognised.</summary>
    public required string HeaderDigest { get; set; }

    public DateOrder Dates { get; set; }
    public IReadOnlyList<MappedColumn> Columns { get; set; } = [];
    public DateTime AddedAtUtc { get; set; }
    public required string AddedBy { get; set; }

    /// <summary>The same for the same column names, in whatever order and case, and for the file of their rejected rows.</summary>
    public static string DigestOf(IEnumerable<string> headers) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', headers.Where(h => h.Length > 0 && !h.StartsWith(RejectedRows.Prefix, StringComparison.OrdinalIgnoreCase)).Select(h => h.ToLowerInvariant()).Order(StringComparer.Ordinal)))));
}
