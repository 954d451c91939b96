namespace SafetyAudit.Charts;

/// <summary>Maps values to places along one side of a chart, and finds round numbers to label.</summary>
readonly record struct Axis(double Least, double Most, double Start, double End)
{
    public double At(double value) => Start + (value - Least) / (Most - Least) * (End - Start);

    /// <summary>About <paramref name="count"/> round values (1, 2 or 5 times a power of ten apart) within the range.</summary>
    public IEnumerable<double> Ticks(int count)
    {
        double rough = (Most - Least) / count, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = power * (rough / power) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 };
        for (long i = (long)Math.Ceiling(Least / step - 1e-9); i * step <= Most * (1 + 1e-9); i++) yield return i * step;
    }
}
