using System.Globalization;
using System.Reflection;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

// One column for each property of the record: how its cell is read into it, and what of it goes into the fingerprint.
sealed partial class Layout<T>
{
    static IEnumerable<Column> ColumnsOf(PropertyInfo property, string[] required)
    {
        if (property.PropertyType == typeof(IReadOnlyList<SessionRegion>))
            return RegionLists.Columns().Select(c => (Column)(object)c);
        string name = Codes.SnakeCase(property.Name);
        if (name.EndsWith("_utc", StringComparison.Ordinal)) name = name[..^4];
        return [ColumnOf(property, name, required.Contains(name))];
    }

    static Column ColumnOf(PropertyInfo property, string name, bool isRequired)
    {
        var type = property.PropertyType;
        // By its name, so that no kind of record can forget it.
        if (name == Layout.PatientColumn) return new PatientColumn(name, isRequired, property);
        if (type == typeof(string))
        {
            bool isId = name.EndsWith("_id", StringComparison.Ordinal), free = name is "narrative" or "risk_note";
            bool isCode = !isId && !free && name is not ("display_name" or "licence_number" or "jurisdiction" or "needle_lot" or "action_taken");
            return new TextColumn(name, isRequired, property, isId, isCode, free, isId ? 64 : free ? 10_000 : 200);
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

        public virtual Holds Holds => Holds.Text;

        /// <summary>Its codes, where it holds one.</summary>
        public virtual IReadOnlyList<string> Allowed => [];

        /// <summary>Whether it holds several entries.</summary>
        public virtual bool IsList => false;

        public abstract ReasonCode? Read(ReadOnlySpan<byte> cell, T record, RowReading row);

        public abstract void Digest(T record, byte index, BinaryWriter writer);

        /// <summary>The cell that reads as what the record has; empty where it has nothing.</summary>
        public abstract string Cell(T record);
    }

    sealed class TextColumn(string name, bool isRequired, PropertyInfo property, bool isId, bool isCode, bool lines, int longest) : Column(name, isRequired)
    {
        readonly Action<T, string> set = property.SetMethod!.CreateDelegate<Action<T, string>>();
        readonly Func<T, string?> get = property.GetMethod!.CreateDelegate<Func<T, string?>>();
        readonly RepeatedCells<string> repeated = new();

        public override string Expected => longest.ToString(CultureInfo.InvariantCulture);

        public override ReasonCode? Read(ReadOnlySpan<byte> cell, T record, RowReading row)
        {
            if (repeated.TryGet(cell, out string known))
            {
                set(record, known);
                return null;
            }
            var (value, wrong) = Cells.Text(cell, longest, isId, lines);
            // A cell of nothing but space that only Unicode knows is as empty as any.
            if (wrong is null && value.Length == 0) return IsRequired ? ReasonCode.MissingValue : null;
            if (wrong is not null) return wrong;
            if (isCode) value = Cells.Normal(value);
            set(record, value);
            repeated.Add(cell, value);
            return null;
        }

        public override void Digest(T record, byte index, BinaryWriter writer)
        {
            if (get(record) is not { Length: > 0 } value) return;
            writer.Write(index);
            writer.Write(value);
        }

        public override string Cell(T record) => get(record) ?? "";
    }

    /// <summary>A patient's id: only its pseudonym goes into the record.</summary>
    sealed class PatientColumn(string name, bool isRequired, PropertyInfo property) : Column(name, isRequired)
    {
        const int Longest = 64;
        readonly Action<T, string> set = property.SetMethod!.CreateDelegate<Action<T, string>>();
        readonly Func<T, string?> get = property.GetMethod!.CreateDelegate<Func<T, string?>>();

        public override string Expected => Longest.ToString(CultureInfo.InvariantCulture);

        public override ReasonCode? Read(ReadOnlySpan<byte> cell, T record, RowReading row)
        {
            var (id, wrong) = Cells.Text(cell, Longest, isId: true, lines: false);
            if (wrong is not null) return wrong;
            if (id.Length == 0) return IsRequired ? ReasonCode.MissingValue : null;
            if (row.Context.Patients.Of(id) is not { } pseudonym) return ReasonCode.PseudonymUnknown;
            set(record, pseudonym);
            return null;
        }

        /// <summary>Brings the pseudonym up to the newest layer. False where it has all of them.</summary>
        public bool Raise(T record, Pseudonyms patients)
        {
            if (get(record) is not { Length: > 0 } known) return false;
            string raised = patients.Of(known)
                ?? throw new InvalidOperationException($"The pseudonym in record {record.Id} has more layers than there are keys. Restore a backup.");
            set(record, raised);
            return raised != known;
        }

        public override void Digest(T record, byte index, BinaryWriter writer)
        {
            if (get(record) is not { Length: > 0 } value) return;
            writer.Write(index);
            writer.Write(value);
        }

        public override string Cell(T record) => get(record) ?? "";
    }

    sealed class ListColumn(string name, bool isRequired, PropertyInfo property) : Column(name, isRequired)
    {
        readonly Action<T, IReadOnlyList<string>> set = property.SetMethod!.CreateDelegate<Action<T, IReadOnlyList<string>>>();
        readonly Func<T, IReadOnlyList<string>?> get = property.GetMethod!.CreateDelegate<Func<T, IReadOnlyList<string>?>>();
        readonly RepeatedCells<string[]> repeated = new();

        public override string Expected => "2000";
        public override bool IsList => true;

        public override ReasonCode? Read(ReadOnlySpan<byte> cell, T record, RowReading row)
        {
            if (!repeated.TryGet(cell, out string[] entries))
            {
                var (value, wrong) = Cells.Text(cell, 2000, isId: false, lines: false);
                if (wrong is not null) return wrong;
                entries = [.. RegionLists.Entries(value).Where(e => e.Length > 0).Select(Cells.Normal)];
                repeated.Add(cell, entries);
            }
            set(record, entries);
            return null;
        }

        public override void Digest(T record, byte index, BinaryWriter writer)
        {
            if (get(record) is not { } list) return;
            writer.Write(index);
            writer.Write(string.Join(';', list));
        }

        // A list without entries is something else than none.
        public override string Cell(T record) => get(record) switch { null => "", [] => ";", var list => string.Join(';', list) };
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

        protected abstract (TValue Value, ReasonCode? Wrong) Parse(ReadOnlySpan<byte> cell, RowReading row);

        protected abstract void Write(TValue value, BinaryWriter writer);

        public override ReasonCode? Read(ReadOnlySpan<byte> cell, T record, RowReading row)
        {
            var (value, wrong) = Parse(cell, row);
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

        public override string Cell(T record) => (get != null ? get(record) : getOptional!(record)) is { } value ? Text(value) : "";

        protected abstract string Text(TValue value);
    }

    sealed class InstantColumn(string name, bool isRequired, PropertyInfo property) : ValueColumn<DateTime>(name, isRequired, property)
    {
        public override string Expected => "from 1990 on";

        public override Holds Holds => Holds.Instant;

        protected override (DateTime, ReasonCode?) Parse(ReadOnlySpan<byte> cell, RowReading row)
        {
            var (value, wrong) = Cells.Instant(cell, row.Zone);
            return (value, wrong ?? (value.Year < 1990 || value.Year > 2199 ? ReasonCode.OutOfRange : null));
        }

        protected override void Write(DateTime value, BinaryWriter writer) => writer.Write(value.Ticks);

        protected override string Text(DateTime value) => value.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
    }

    sealed class DateColumn(string name, bool isRequired, PropertyInfo property) : ValueColumn<DateOnly>(name, isRequired, property)
    {
        public override string Expected => "from 1900 to 2199";

        public override Holds Holds => Holds.Day;

        protected override (DateOnly, ReasonCode?) Parse(ReadOnlySpan<byte> cell, RowReading row) => Cells.Date(cell) switch
        {
            null => (default, ReasonCode.NotADate),
            { Year: < 1900 or > 2199 } => (default, ReasonCode.OutOfRange),
            { } value => (value, null),
        };

        protected override void Write(DateOnly value, BinaryWriter writer) => writer.Write(value.DayNumber);

        protected override string Text(DateOnly value) => value.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    sealed class YesNoColumn(string name, bool isRequired, PropertyInfo property) : ValueColumn<bool>(name, isRequired, property)
    {
        public override Holds Holds => Holds.YesOrNo;

        protected override (bool, ReasonCode?) Parse(ReadOnlySpan<byte> cell, RowReading row) =>
            Cells.YesOrNo(cell) is { } value ? (value, null) : (false, ReasonCode.NotYesOrNo);

        protected override void Write(bool value, BinaryWriter writer) => writer.Write(value);

        protected override string Text(bool value) => value ? "true" : "false";
    }

    sealed class WholeColumn(string name, bool isRequired, PropertyInfo property) : ValueColumn<int>(name, isRequired, property)
    {
        public override string Expected => "whole numbers from 0 to 100000";

        public override Holds Holds => Holds.Whole;

        protected override (int, ReasonCode?) Parse(ReadOnlySpan<byte> cell, RowReading row) => Cells.Whole(cell) switch
        {
            null => (0, Cells.Number(cell) is null ? ReasonCode.NotANumber : ReasonCode.OutOfRange),
            < 0 or > 100_000 => (0, ReasonCode.OutOfRange),
            { } value => (value, null),
        };

        protected override void Write(int value, BinaryWriter writer) => writer.Write(value);

        protected override string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
    }

    sealed class NumberColumn(string name, bool isRequired, PropertyInfo property) : ValueColumn<double>(name, isRequired, property)
    {
        public override string Expected => "0 to 100000";

        public override Holds Holds => Holds.Number;

        protected override (double, ReasonCode?) Parse(ReadOnlySpan<byte> cell, RowReading row) => Cells.Number(cell) switch
        {
            null => (0, ReasonCode.NotANumber),
            < 0 or > 100_000 => (0, ReasonCode.OutOfRange),
            { } value => (value + 0.0, null),
        };

        protected override void Write(double value, BinaryWriter writer) => writer.Write(value);

        protected override string Text(double value) => decimal.Parse(value.ToString(CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
    }

    sealed class CodeColumn<TCode>(string name, bool isRequired, PropertyInfo property) : ValueColumn<TCode>(name, isRequired, property) where TCode : struct, Enum
    {
        readonly RepeatedCells<TCode> repeated = new();

        public override string Expected => Codes.ListOf<TCode>();

        public override Holds Holds => Holds.Code;

        public override IReadOnlyList<string> Allowed => [.. Enum.GetValues<TCode>().Select(Codes.Of)];

        protected override (TCode, ReasonCode?) Parse(ReadOnlySpan<byte> cell, RowReading row)
        {
            if (repeated.TryGet(cell, out var known)) return (known, null);
            if (Cells.Code<TCode>(cell) is not { } value) return (default, ReasonCode.CodeUnknown);
            repeated.Add(cell, value);
            return (value, null);
        }

        protected override void Write(TCode value, BinaryWriter writer) => writer.Write(Codes.Of(value));

        protected override string Text(TCode value) => Codes.Of(value);
    }
}
