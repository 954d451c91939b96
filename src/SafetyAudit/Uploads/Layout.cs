using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>What a row's cells need to know of the world to be read.</summary>
/// <param name="NowUtc">The present, against which dates in the future are told.</param>
/// <param name="DefaultZone">Time zone of rows that name no clinic.</param>
/// <param name="Zones">Time zone of each clinic: the clinics there are.</param>
/// <param name="Practitioners">The practitioners there are, with their home clinic.</param>
/// <param name="ScopeClinic">The clinic the file was sent for, if it was sent for one.</param>
sealed record RowContext(DateTime NowUtc, TimeZoneInfo DefaultZone, IReadOnlyDictionary<string, TimeZoneInfo> Zones, IReadOnlyDictionary<string, string?> Practitioners, string? ScopeClinic)
{
    /// <summary>Dates up to this are not in the future: clocks differ, and a zone may be a day ahead.</summary>
    public DateTime LatestUtc { get; } = NowUtc.AddDays(1);

    public TimeZoneInfo ZoneOf(string? clinic) => clinic != null && Zones.TryGetValue(clinic, out var zone) ? zone : DefaultZone;
}

/// <summary>
/// The columns of one kind of file: those properties of the record that a file can hold, spelt in snake_case. The record is the one definition of its
/// columns; a property added there is read from files.
/// </summary>
sealed class Layout<T> where T : Record, new()
{
    readonly List<Column> columns;
    readonly int clinicColumn;

    /// <param name="required">Columns without which no record makes sense.</param>
    /// <param name="derived">Properties that no file holds.</param>
    public Layout(string[] required, string[] derived)
    {
        columns = [.. typeof(T).GetProperties()
            .Where(p => p.DeclaringType == typeof(T) && p.CanWrite && !derived.Contains(p.Name))
            .SelectMany(p => ColumnsOf(p, required))];
        clinicColumn = columns.FindIndex(c => c.Name == "clinic_id");
        Required = required;
    }

    public IReadOnlyList<string> Required { get; }

    public IEnumerable<string> ColumnNames => columns.Select(c => c.Name);

    /// <summary>Where each column stands in a file's header. Refuses a header that lacks a required one or has one twice.</summary>
    public int[] Match(IReadOnlyList<string> headers)
    {
        var places = columns.Select(c => IndexOf(headers, c.Name)).ToArray();
        if (headers.Where(h => h.Length > 0).GroupBy(h => h, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new FileRefusedException($"The header has the column {twice.Key} twice. Keep one of them.");
        var missing = Required.Where(name => IndexOf(headers, name) < 0).ToList();
        if (missing.Count > 0) throw new FileRefusedException($"The header lacks {string.Join(", ", missing)}. Add the column{(missing.Count > 1 ? "s" : "")} and send the file again.");
        return places;
    }

    /// <summary>Header names that are no column of this kind.</summary>
    public IEnumerable<string> Unknown(IReadOnlyList<string> headers) =>
        headers.Where(h => h.Length > 0 && !columns.Exists(c => c.Name.Equals(h, StringComparison.OrdinalIgnoreCase)));

    /// <summary>Reads one row's cells into a record; every problem of the row is added to the list.</summary>
    public T Read(CsvRows row, int[] places, RowContext context, List<Reason> reasons)
    {
        var record = new T();
        // The clinic comes first: its time zone gives the row's instants their meaning.
        string? clinic = context.ScopeClinic;
        if (clinicColumn >= 0 && places[clinicColumn] >= 0 && row.Cell(places[clinicColumn]) is { IsEmpty: false } named) clinic = Encoding.UTF8.GetString(named).Trim();
        var zone = context.ZoneOf(clinic);
        for (int i = 0; i < columns.Count; i++)
        {
            var cell = places[i] < 0 ? default : Trim(row.Cell(places[i]));
            if (cell.IsEmpty)
            {
                if (columns[i].IsRequired) reasons.Add(new(ReasonCode.MissingValue, columns[i].Name, null, $"{columns[i].Name} must not be empty."));
                continue;
            }
            if (columns[i].Read(cell, record, zone) is { } wrong) reasons.Add(Explain(wrong, columns[i], Encoding.UTF8.GetString(cell)));
        }
        return record;
    }

    /// <summary>Fingerprint of a record's content: the same for the same values, however they were written.</summary>
    public byte[] Digest(T record, MemoryStream scratch)
    {
        scratch.SetLength(0);
        using (var writer = new BinaryWriter(scratch, Encoding.UTF8, leaveOpen: true))
            for (int i = 0; i < columns.Count; i++) columns[i].Digest(record, (byte)i, writer);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(scratch.GetBuffer().AsSpan(0, (int)scratch.Length), hash);
        return hash[..16].ToArray();
    }

    static Reason Explain(ReasonCode code, Column column, string value)
    {
        string name = column.Name;
        if (value.Length > 100) value = value[..100] + "…";
        return new(code, name, value, code switch
        {
            ReasonCode.NotADate => $"{name} must be a date as yyyy-MM-dd, such as 2026-03-31.",
            ReasonCode.NotAnInstant => $"{name} must be a date and time as yyyy-MM-ddTHH:mm:ssZ or with an offset such as +01:00.",
            ReasonCode.InstantSkippedByClock => $"{name} is a time that the clocks skipped that night. Give it with its offset from UTC.",
            ReasonCode.InstantAmbiguous => $"{name} is a time that came twice when the clocks went back. Give it with its offset from UTC.",
            ReasonCode.NotANumber => $"{name} must be a number with a point for decimals, such as 12.5.",
            ReasonCode.OutOfRange => $"{name} is outside what is possible ({column.Expected}).",
            ReasonCode.NotYesOrNo => $"{name} must be true or false, yes or no, 1 or 0, or empty when not recorded.",
            ReasonCode.CodeUnknown => $"{name} must be one of {column.Expected}.",
            ReasonCode.TextTooLong => $"{name} must be at most {column.Expected} characters.",
            ReasonCode.ListsDiffer => "regions, muscles and sides must have the same number of entries, or one that holds for all.",
            ReasonCode.ForbiddenCharacter => $"{name} has a control character, an invisible one or a slash that it may not hold. Remove it.",
            _ => $"{name} can't be read.",
        });
    }

    static int IndexOf(IReadOnlyList<string> headers, string name)
    {
        for (int i = 0; i < headers.Count; i++) if (headers[i].Equals(name, StringComparison.OrdinalIgnoreCase)) return i;
        return -1;
    }

    static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> cell) => cell.Trim(" \t"u8);

    static IEnumerable<Column> ColumnsOf(PropertyInfo property, string[] required)
    {
        if (property.PropertyType == typeof(IReadOnlyList<SessionRegion>))
            return RegionLists.Columns.Select(c => (Column)(object)c);
        string name = Codes.SnakeCase(property.Name);
        if (name.EndsWith("_utc", StringComparison.Ordinal)) name = name[..^4];
        return [ColumnOf(property, name, required.Contains(name))];
    }

    static Column ColumnOf(PropertyInfo property, string name, bool isRequired)
    {
        var type = property.PropertyType;
        if (type == typeof(string))
        {
            bool isId = name.EndsWith("_id", StringComparison.Ordinal), free = name is "narrative" or "risk_note";
            return new TextColumn(name, isRequired, property, isId, free, isId ? 64 : free ? 10_000 : 200);
        }
        if (type == typeof(IReadOnlyList<string>)) return new ListColumn(name, isRequired, property);
        var value = Nullable.GetUnderlyingType(type) ?? type;
        var column = value.IsEnum ? typeof(CodeColumn<>).MakeGenericType(typeof(T), value)
            : value == typeof(DateTime) ? typeof(InstantColumn)
            : value == typeof(DateOnly) ? typeof(DateColumn)
            : value == typeof(bool) ? typeof(YesNoColumn)
            : value == typeof(int) ? typeof(WholeColumn)
            : value == typeof(double) ? typeof(NumberColumn)
            : throw new NotSupportedException($"No file column for {property.Name} of type {type.Name}.");
        return (Column)Activator.CreateInstance(column, name, isRequired, property)!;
    }

    internal abstract class Column(string name, bool isRequired)
    {
        public string Name { get; } = name;
        public bool IsRequired { get; } = isRequired;

        /// <summary>What the cell may hold, for the error message.</summary>
        public virtual string Expected => "";

        public abstract ReasonCode? Read(ReadOnlySpan<byte> cell, T record, TimeZoneInfo zone);

        public abstract void Digest(T record, byte index, BinaryWriter writer);
    }

    sealed class TextColumn(string name, bool isRequired, PropertyInfo property, bool isId, bool lines, int longest) : Column(name, isRequired)
    {
        readonly Action<T, string> set = property.SetMethod!.CreateDelegate<Action<T, string>>();
        readonly Func<T, string?> get = property.GetMethod!.CreateDelegate<Func<T, string?>>();

        public override string Expected => longest.ToString(CultureInfo.InvariantCulture);

        public override ReasonCode? Read(ReadOnlySpan<byte> cell, T record, TimeZoneInfo zone)
        {
            var (value, wrong) = Cells.Text(cell, longest, isId, lines);
            if (wrong is null && value.Length > 0) set(record, value);
            return wrong;
        }

        public override void Digest(T record, byte index, BinaryWriter writer)
        {
            if (get(record) is not { Length: > 0 } value) return;
            writer.Write(index);
            writer.Write(value);
        }
    }

    sealed class ListColumn(string name, bool isRequired, PropertyInfo property) : Column(name, isRequired)
    {
        readonly Action<T, IReadOnlyList<string>> set = property.SetMethod!.CreateDelegate<Action<T, IReadOnlyList<string>>>();
        readonly Func<T, IReadOnlyList<string>?> get = property.GetMethod!.CreateDelegate<Func<T, IReadOnlyList<string>?>>();

        public override string Expected => "2000";

        public override ReasonCode? Read(ReadOnlySpan<byte> cell, T record, TimeZoneInfo zone)
        {
            var (value, wrong) = Cells.Text(cell, 2000, isId: false, lines: false);
            if (wrong is null) set(record, RegionLists.Entries(value));
            return wrong;
        }

        public override void Digest(T record, byte index, BinaryWriter writer)
        {
            if (get(record) is not { } list) return;
            writer.Write(index);
            writer.Write(string.Join(';', list));
        }
    }

    /// <summary>A column whose value is a number, date, code or yes/no; empty where the property can be empty.</summary>
    abstract class ValueColumn<TValue> : Column where TValue : struct
    {
        readonly Action<T, TValue?>? setOptional;
        readonly Action<T, TValue>? set;
        readonly Func<T, TValue?>? getOptional;
        readonly Func<T, TValue>? get;

        protected ValueColumn(string name, bool isRequired, PropertyInfo property) : base(name, isRequired)
        {
            if (property.PropertyType == typeof(TValue))
                (set, get) = (property.SetMethod!.CreateDelegate<Action<T, TValue>>(), property.GetMethod!.CreateDelegate<Func<T, TValue>>());
            else
                (setOptional, getOptional) = (property.SetMethod!.CreateDelegate<Action<T, TValue?>>(), property.GetMethod!.CreateDelegate<Func<T, TValue?>>());
        }

        protected abstract (TValue Value, ReasonCode? Wrong) Parse(ReadOnlySpan<byte> cell, TimeZoneInfo zone);

        protected abstract void Write(TValue value, BinaryWriter writer);

        public override ReasonCode? Read(ReadOnlySpan<byte> cell, T record, TimeZoneInfo zone)
        {
            var (value, wrong) = Parse(cell, zone);
            if (wrong is not null) return wrong;
            if (set != null) set(record, value); else setOptional!(record, value);
            return null;
        }

        public override void Digest(T record, byte index, BinaryWriter writer)
        {
            if ((get != null ? get(record) : getOptional!(record)) is not { } value) return;
            writer.Write(index);
            Write(value, writer);
        }
    }

    sealed class InstantColumn(string name, bool isRequired, PropertyInfo property) : ValueColumn<DateTime>(name, isRequired, property)
    {
        public override string Expected => "from 1990 on";

        protected override (DateTime, ReasonCode?) Parse(ReadOnlySpan<byte> cell, TimeZoneInfo zone)
        {
            var (value, wrong) = Cells.Instant(cell, zone);
            return (value, wrong ?? (value.Year < 1990 || value.Year > 2199 ? ReasonCode.OutOfRange : null));
        }

        protected override void Write(DateTime value, BinaryWriter writer) => writer.Write(value.Ticks);
    }

    sealed class DateColumn(string name, bool isRequired, PropertyInfo property) : ValueColumn<DateOnly>(name, isRequired, property)
    {
        public override string Expected => "from 1900 to 2199";

        protected override (DateOnly, ReasonCode?) Parse(ReadOnlySpan<byte> cell, TimeZoneInfo zone) => Cells.Date(cell) switch
        {
            null => (default, ReasonCode.NotADate),
            { Year: < 1900 or > 2199 } => (default, ReasonCode.OutOfRange),
            { } value => (value, null),
        };

        protected override void Write(DateOnly value, BinaryWriter writer) => writer.Write(value.DayNumber);
    }

    sealed class YesNoColumn(string name, bool isRequired, PropertyInfo property) : ValueColumn<bool>(name, isRequired, property)
    {
        protected override (bool, ReasonCode?) Parse(ReadOnlySpan<byte> cell, TimeZoneInfo zone) =>
            Cells.YesOrNo(cell) is { } value ? (value, null) : (false, ReasonCode.NotYesOrNo);

        protected override void Write(bool value, BinaryWriter writer) => writer.Write(value);
    }

    sealed class WholeColumn(string name, bool isRequired, PropertyInfo property) : ValueColumn<int>(name, isRequired, property)
    {
        public override string Expected => "0 to 100000";

        protected override (int, ReasonCode?) Parse(ReadOnlySpan<byte> cell, TimeZoneInfo zone) => Cells.Whole(cell) switch
        {
            null => (0, Cells.Number(cell) is null ? ReasonCode.NotANumber : ReasonCode.OutOfRange),
            < 0 or > 100_000 => (0, ReasonCode.OutOfRange),
            { } value => (value, null),
        };

        protected override void Write(int value, BinaryWriter writer) => writer.Write(value);
    }

    sealed class NumberColumn(string name, bool isRequired, PropertyInfo property) : ValueColumn<double>(name, isRequired, property)
    {
        public override string Expected => "0 to 100000";

        protected override (double, ReasonCode?) Parse(ReadOnlySpan<byte> cell, TimeZoneInfo zone) => Cells.Number(cell) switch
        {
            null => (0, ReasonCode.NotANumber),
            < 0 or > 100_000 => (0, ReasonCode.OutOfRange),
            { } value => (value + 0.0, null),
        };

        protected override void Write(double value, BinaryWriter writer) => writer.Write(value);
    }

    sealed class CodeColumn<TCode>(string name, bool isRequired, PropertyInfo property) : ValueColumn<TCode>(name, isRequired, property) where TCode : struct, Enum
    {
        public override string Expected => Codes.ListOf<TCode>();

        protected override (TCode, ReasonCode?) Parse(ReadOnlySpan<byte> cell, TimeZoneInfo zone) =>
            Cells.Code<TCode>(cell) is { } value ? (value, null) : (default, ReasonCode.CodeUnknown);

        protected override void Write(TCode value, BinaryWriter writer) => writer.Write(Codes.Of(value));
    }
}

/// <summary>The three parallel lists of a session file that together are its regions.</summary>
static class RegionLists
{
    public static readonly Layout<Session>.Column[] Columns = [new List("regions", 0), new List("muscles", 1), new List("sides", 2)];

    /// <summary>The entries of a list cell, trimmed; an empty entry stays as a place that is not recorded.</summary>
    public static string[] Entries(string cell) => [.. cell.Split(';').Select(entry => entry.Trim())];

    sealed class List(string name, int part) : Layout<Session>.Column(name, isRequired: false)
    {
        public override string Expected => "2000";

        public override ReasonCode? Read(ReadOnlySpan<byte> cell, Session record, TimeZoneInfo zone)
        {
            var (value, wrong) = Cells.Text(cell, 2000, isId: false, lines: false);
            if (wrong is not null) return wrong;
            if (value.Contains('/', StringComparison.Ordinal)) return ReasonCode.ForbiddenCharacter;
            var entries = Entries(value);
            var regions = new SessionRegion[Math.Max(entries.Length, record.Regions.Count)];
            for (int i = 0; i < regions.Length; i++)
            {
                var known = i < record.Regions.Count ? record.Regions[i] : default;
                // One entry beside a longer list holds for all of them; other lengths are caught by the session's checks.
                string? entry = entries.Length == 1 ? entries[0] : i < entries.Length ? entries[i] : null;
                if (i >= record.Regions.Count && record.Regions.Count == 1) known = record.Regions[0];
                entry = string.IsNullOrEmpty(entry) ? null : entry.ToLowerInvariant();
                regions[i] = part switch { 0 => known with { Region = entry }, 1 => known with { Muscle = entry }, _ => known with { Side = entry } };
            }
            bool differ = record.Regions.Count > 1 && entries.Length > 1 && record.Regions.Count != entries.Length;
            record.Regions = regions;
            return differ ? ReasonCode.ListsDiffer : null;
        }

        public override void Digest(Session record, byte index, BinaryWriter writer)
        {
            if (record.Regions.Count == 0) return;
            writer.Write(index);
            foreach (var region in record.Regions) writer.Write((part switch { 0 => region.Region, 1 => region.Muscle, _ => region.Side } ?? "") + ";");
        }
    }
}
