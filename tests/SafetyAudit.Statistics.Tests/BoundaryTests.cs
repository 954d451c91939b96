using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace SafetyAudit.Statistics.Tests;

/// <summary>
/// Not a number, infinity, −1 and 0 at every public numeric parameter: a refusal that says what to do, or an answer that is defined, and that
/// comes. Methods over lists are in the table at the end, the others are found by reflection.
/// </summary>
public class BoundaryTests
{
    static readonly double[] Strange = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, -1, 0];

    static readonly GammaRate Rate = new(5, 100);

    // What an ordinary call gives, by the parameter's name.
    static readonly Dictionary<string, object> Ordinary = new()
    {
        ["x"] = 0.3, ["shape"] = 2.0, ["a"] = 2.0, ["b"] = 3.0, ["mean"] = 5.0, ["meanPerMonth"] = 0.5, ["tail"] = 0.01, ["level"] = 0.9, ["expected"] = 5.0,
        ["ratio"] = 2.0, ["power"] = 0.8, ["exposure"] = 10.0, ["threshold"] = 3.0, ["trueRatio"] = 1.0, ["horizon"] = 5.0, ["alpha"] = 0.02, ["beta"] = 0.1,
        ["criticalValue"] = 3.0, ["commonRate"] = 0.1, ["observed"] = 4.0, ["events"] = 3.0, ["wanted"] = 100.0, ["weight"] = 0.5, ["sessions"] = 50.0,
        ["denominator"] = 20.0, ["target"] = 0.5, ["phi"] = 1.0, ["ratioUp"] = 2.0, ["ratioDown"] = 0.5, ["SigmaPerRange"] = 0.9, ["states"] = 100,
        ["count"] = 3.0, ["y"] = 1.0, ["months"] = 24, ["n"] = 50.0, ["budgetPerYear"] = 0.05,
    };

    static readonly object[] Instances =
    [
        NegativeBinomial.WithMean(2, 5), new BetaBinomial(50, 2, 30), Rate, Shrinkage.Assumed, TwoGammaShrinkage.Start, new Cusum(3),
            new ResettingSprt(0.01, 0.1),
        new LearningCusum(2), new StandardisedRatio(4, 5), new ControlLimits(0, 1, 9, 12), new RiskGroup(20, 0.1, 0.3, 4, 5),
        KaplanMeier.Fit([(1, true), (2, false), (3, true), (4, false)]),
    ];

    static readonly Type[] Made =
        [typeof(Cusum), typeof(ResettingSprt), typeof(LearningCusum), typeof(GammaRate), typeof(BetaBinomial), typeof(StandardisedRatio), typeof(ChartOptions)];

    [Fact]
    public void Every_numeric_parameter_is_refused_or_answered()
    {
        int calls = 0;
        var wrong = new List<string>();
        foreach (var (name, parameters, call) in Callables())
        {
            // Lists are in the table below; whole scenarios and rules have tests of their own.
            if (parameters.Any(p => !p.ParameterType.IsValueType || p.ParameterType.IsByRefLike)) continue;
            object?[] ordinary = [.. parameters.Select(OrdinaryValue)];
            Judge(name, ordinary, call, mayRefuse: false);
            for (int i = 0; i < parameters.Length; i++)
            {
                var type = Nullable.GetUnderlyingType(parameters[i].ParameterType) ?? parameters[i].ParameterType;
                object[] strange = type == typeof(double) ? [.. Strange.Cast<object>()] : type == typeof(int) ? [-1, 0] : type == typeof(long)
                    ? [-1L, 0L, long.MaxValue] : [];
                foreach (object value in strange)
                {
                    if (value is long.MaxValue && name.StartsWith("BetaBinomial", StringComparison.Ordinal)) continue;
                    object?[] arguments = [.. ordinary];
                    arguments[i] = value;
                    Judge(name, arguments, call, mayRefuse: true);
                }
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(calls > 600, $"{calls} calls only");

        void Judge(string name, object?[] arguments, Func<object?[], object?> call, bool mayRefuse)
        {
            calls++;
            string what = $"{name}({string.Join(", ", arguments)})";
            if (Verdict(() => call(arguments), mayRefuse) is { } fault) wrong.Add($"{what}: {fault}");
        }
    }

    static IEnumerable<(string Name, ParameterInfo[] Parameters, Func<object?[], object?> Call)> Callables()
    {
        foreach (var type in typeof(Poisson).Assembly.GetExportedTypes())
        {
            foreach (var method in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
                if (!method.IsSpecialName) yield return ($"{type.Name}.{method.Name}", method.GetParameters(), a => method.Invoke(null, a));
        }
        foreach (object instance in Instances)
            foreach (var method in instance.GetType().GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
                if (!method.IsSpecialName && method.Name is not ("Equals" or "GetHashCode" or "ToString" or "Deconstruct"))
                    yield return ($"{instance.GetType().Name}.{method.Name}", method.GetParameters(), a => method.Invoke(instance, a));
        foreach (var type in Made)
            foreach (var constructor in type.GetConstructors().Where(c => c.GetParameters().Length > 0))
                yield return ($"new {type.Name}", constructor.GetParameters(), constructor.Invoke);
    }

    static object? OrdinaryValue(ParameterInfo parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        if (type == typeof(double)) return Ordinary.TryGetValue(parameter.Name!, out object? value) ? Convert.ToDouble(value, null) : 0.3;
        if (type == typeof(int)) return Ordinary.TryGetValue(parameter.Name!, out object? whole) ? Convert.ToInt32(whole, null) : 2;
        if (type == typeof(long)) return Ordinary.TryGetValue(parameter.Name!, out object? large) ? Convert.ToInt64(large, null) : 3L;
        if (type == typeof(GammaRate)) return Rate;
        if (type == typeof(NegativeBinomial)) return NegativeBinomial.WithMean(2, 5);
        if (type == typeof(BetaBinomial)) return new BetaBinomial(50, 2, 30);
        if (type == typeof((double, double, double))) return (1.0, 2.0, 3.0);
        return type.IsValueType ? RuntimeHelpers.GetUninitializedObject(type) : null;
    }

    // Not a measure of speed: whatever hasn't answered by then, on however busy a machine, searches without end.
    static readonly TimeSpan WithoutEnd = TimeSpan.FromSeconds(60);

    static string? Verdict(Func<object?> call, bool mayRefuse)
    {
        object? answer = null;
        Exception? refusal = null;
        var task = Task.Run(() =>
        {
            try { answer = call(); }
            catch (TargetInvocationException e) { refusal = e.InnerException; }
#pragma warning disable CA1031 // whatever is thrown is judged below
            catch (Exception e) { refusal = e; }
#pragma warning restore CA1031
        });
        if (!task.Wait(WithoutEnd)) return "no answer";
        if (refusal is not null) return mayRefuse && refusal is ArgumentException or InvalidOperationException ? null : refusal.GetType().Name + ": "
            + refusal.Message;
        return IsDefined(answer) ? null : $"answered {answer}";
    }

    static bool IsDefined(object? answer) => answer switch
    {
        null or string or bool or Enum => true,
        double value => !double.IsNaN(value),
        IEnumerable many => many.Cast<object?>().All(IsDefined),
        ITuple tuple => Enumerable.Range(0, tuple.Length).All(i => IsDefined(tuple[i])),
        _ when answer.GetType().IsPrimitive => true,
        _ when answer.GetType().Assembly == typeof(Poisson).Assembly =>
            answer.GetType().GetProperties().Where(p =>
                p.GetIndexParameters().Length == 0 && !p.PropertyType.IsByRefLike && p.DeclaringType == answer.GetType() && !IsStatic(p))
                .All(p => IsDefined(p.GetValue(answer))),
        _ => true,
    };

    static bool IsStatic(PropertyInfo property) => property.GetMethod!.IsStatic;

    /// <summary>Calls over lists, each with the strange value once in every place.</summary>
    static IEnumerable<(string Name, Func<double, object?> Call)> Lists()
    {
        double[] Filled(double v) => [0.2, v, 0.4];
        bool[] happened = [true, false, true];
        double[] five = new double[5], three = new double[3];
        foreach (var kind in Enum.GetValues<ChartKind>())
            foreach (var method in Enum.GetValues<LimitMethod>())
            {
                yield return ($"{kind} value", v => ControlChart.Draw(kind, [new(2, 9), new(v, 9), new(3, 9), new(4, 9)], new(method)).Points.ToArray());
                yield return ($"{kind} denominator", v => ControlChart.Draw(kind, [new(2, 9), new(1, v), new(3, 9), new(4, 9)], new(method)).Points.ToArray());
            }
        yield return ("MovingRange.Mean", v => MovingRange.Mean(Filled(v), true));
        yield return ("KaplanMeier time", v => KaplanMeier.Fit([(v, true), (2, false), (3, true)]).Steps);
        yield return ("KaplanMeier level", v => KaplanMeier.Fit([(1, true), (2, false)], v).Steps);
        yield return ("GapTest.Latest", v => GapTest.Latest(Filled(v), Rate));
        yield return ("FunnelLimits expected", v => { var l = new ControlLimits[3]; FunnelLimits.For(Filled(v), 2, l); return l; });
        yield return ("FunnelLimits shape", v => { var l = new ControlLimits[3]; FunnelLimits.For([1, 2, 3], v, l); return l; });
        yield return ("OverDispersion scores", v => OverDispersion.Estimate(Filled(v), [1, 1, 1]));
        yield return ("OverDispersion errors", v => OverDispersion.Estimate([1, 2, 3], Filled(v)));
        yield return ("OverDispersion share", v => OverDispersion.Estimate([1, 2, 3], [1, 1, 1], Trimming.Truncated, v));
        yield return ("Spread observed", v => Spread.LeaveOneOut([(v, 2, 0.5), (3, 2, 0.5)], 1));
        yield return ("Spread expected", v => Spread.LeaveOneOut([(1, v, 0.5), (3, 2, 0.5)], 1));
        yield return ("Spread share", v => Spread.LeaveOneOut([(1, 2, v), (3, 2, 0.5)], 1));
        yield return ("Cusum.Path weights", v => (Cusum.Path(Filled(v), 3, three), three));
        yield return ("Cusum.Path threshold", v => (Cusum.Path([1.0, 2], v, three), three));
        yield return ("Cusum.Path risks", v => (Cusum.Path(happened, Filled(v), 2, 3, three), three));
        yield return ("Cusum.Path ratio", v => (Cusum.Path(happened, [0.1, 0.2, 0.3], v, 3, three), three));
        yield return ("Cusum.Path case threshold", v => (Cusum.Path(happened, [0.1, 0.2, 0.3], 2, v, three), three));
        yield return ("Ewma values", v => { Ewma.Path(Filled(v), 0.2, three); return three; });
        yield return ("Ewma weight", v => { Ewma.Path([1, 2, 3], v, three); return three; });
        yield return ("Ewma start", v => { Ewma.Path([1, 2, 3], 0.2, three, v); return three; });
        yield return ("Vlad observed", v => { Vlad.Path(Filled(v), [1, 1, 1], three); return three; });
        yield return ("Vlad expected", v => { Vlad.Path([1, 1, 1], Filled(v), three); return three; });
        yield return ("MonthlyCusum means", v => { MonthlyCusum.SignalProbability(Filled(v), 2, 3, three); return three; });
        yield return ("MonthlyCusum ratio", v => { MonthlyCusum.SignalProbability([1, 1, 1], v, 3, three); return three; });
        yield return ("MonthlyCusum threshold", v => { MonthlyCusum.SignalProbability([1, 1, 1], 2, v, three); return three; });
        yield return ("MonthlyCusum true ratio", v => { MonthlyCusum.SignalProbability([1, 1, 1], 2, 3, three, v); return three; });
        foreach (bool plugIn in new[] { false, true })
        {
            void Learning(double shape, double mean, double ratio, double threshold, double trueRatio)
            {
                if (plugIn) LearningCusumFalseAlarm.PlugInSignalProbability(shape, mean, ratio, threshold, five, trueRatio);
                else LearningCusumFalseAlarm.SignalProbability(shape, mean, ratio, threshold, five, trueRatio);
            }
            yield return ("Learning shape", v => { Learning(v, 1, 2, 3, 1); return five; });
            yield return ("Learning mean", v => { Learning(2, v, 2, 3, 1); return five; });
            yield return ("Learning ratio", v => { Learning(2, 1, v, 3, 1); return five; });
            yield return ("Learning threshold", v => { Learning(2, 1, 2, v, 1); return five; });
            yield return ("Learning true ratio", v => { Learning(2, 1, 2, 3, v); return five; });
        }
        yield return ("RunLength weight", v => RunLength.Average([new(v, 0.1), new(-0.1, 0.9)], 3, 50));
        yield return ("RunLength probability", v => RunLength.Average([new(1, v), new(-0.1, 0.9)], 3, 50));
        yield return ("RunLength threshold", v => RunLength.Average([new(1, 0.1), new(-0.1, 0.9)], v, 50));
        yield return ("RunLength fraction", v => RunLength.Bernoulli([new(v, 0.1)], 2, 3, 1, 50));
        yield return ("RunLength risk", v => RunLength.Bernoulli([new(1, v)], 2, 3, 1, 50));
        yield return ("RunLength ratio", v => RunLength.Bernoulli([new(1, 0.1)], v, 3, 1, 50));
        yield return ("RunLength true ratio", v => RunLength.Bernoulli([new(1, 0.1)], 2, 3, v, 50));
        yield return ("RunLength wanted", v => RunLength.ThresholdFor([new(1, 0.1)], 2, v, 50));
        yield return ("RunLength wanted of risk", v => RunLength.ThresholdFor([new(1, v)], 2, 100, 50));
        yield return ("Evidence ratios", v => UncertainBaselineEvidence.LogMixture(3, 10, Rate, Filled(v)));
        yield return ("Evidence events", v => UncertainBaselineEvidence.LogMixture(v, 10, Rate));
        yield return ("Evidence exposure", v => UncertainBaselineEvidence.LogMixture(3, v, Rate));
        yield return ("FalseAlarms expected", v => (FalseAlarms.ExpectedHigh(Filled(v), 0.01), FalseAlarms.ExpectedLow(Filled(v), 0.01)));
        yield return ("FalseAlarms high tail", v => FalseAlarms.ExpectedHigh([1, 2], v));
        yield return ("FalseAlarms low tail", v => FalseAlarms.ExpectedLow([1, 2], v));
        yield return ("FalseAlarms shape", v => (FalseAlarms.ExpectedHigh([1, 2], 0.01, v), FalseAlarms.ExpectedLow([1, 2], 0.01, v)));
        yield return ("FalseDiscovery", v => { FalseDiscovery.BenjaminiHochberg(Filled(v), three); return three; });
        yield return ("Holm", v => { FalseDiscovery.Holm(Filled(v), three); return three; });
        yield return ("Bonferroni", v => { FalseDiscovery.Bonferroni(Filled(v), three); return three; });
        yield return ("Shrinkage observed", v => Shrinkage.Fit([(v, 2), .. Enumerable.Repeat((3.0, 2.0), 12)]));
        yield return ("Shrinkage expected", v => Shrinkage.Fit([(1, v), .. Enumerable.Repeat((3.0, 2.0), 12)]));
        yield return ("Shrinkage likelihood", v => Shrinkage.Assumed.LogLikelihood([(v, 2), (3, 2)]));
        yield return ("Two gammas observed", v => TwoGammaShrinkage.Fit([(v, 2), .. Enumerable.Range(0, 12).Select(i => (i % 4 * 1.0, 2.0))]));
        yield return ("Two gammas expected", v => TwoGammaShrinkage.Fit([(1, v), .. Enumerable.Range(0, 12).Select(i => (i % 4 * 1.0, 2.0))]));
        yield return ("c statistic", v => Discrimination.CStatistic(Filled(v), happened));
        yield return ("Brier", v => Discrimination.Brier(Filled(v), happened));
        yield return ("Calibration", v => Calibration.ByRisk(Filled(v), happened));
        yield return ("Stratum observed", v => IndirectStandardisation.Of([new(v, 1, 1, 1)]));
        yield return ("Stratum sessions", v => IndirectStandardisation.Of([new(1, v, 1, 1)]));
        yield return ("Stratum standard", v => IndirectStandardisation.Of([new(1, 1, 1, v)]));
        foreach (var family in Enum.GetValues<CaseMixFamily>())
        {
            yield return ("Case-mix outcome", v => CaseMixModel.Fit(family, [0, 1, v, 1, 0, 1], [1, 2, 3, 4, 5, 3], 1).Coefficients.ToArray());
            yield return ("Case-mix factor", v => CaseMixModel.Fit(family, [0, 1, 0, 1, 0, 1], [1, 2, v, 4, 5, 3], 1).Coefficients.ToArray());
            yield return ("Case-mix exposure", v =>
                CaseMixModel.Fit(family, [0, 1, 0, 1, 0, 1], [1, 2, 3, 4, 5, 3], 1, [1, 1, v, 1, 1, 1]).Coefficients.ToArray());
            yield return ("Case-mix prediction", v => CaseMixModel.Fit(family, [0, 1, 0, 1, 0, 1], [1, 2, 3, 4, 5, 3], 1).Predict([v]));
            yield return ("Case-mix predicted exposure", v => CaseMixModel.Fit(family, [0, 1, 0, 1, 0, 1], [1, 2, 3, 4, 5, 3], 1).Predict([1], v));
        }
        foreach (bool up in new[] { true, false })
        {
            yield return ("Peers' threshold", v => Judged([1, 2], [20, 30], up ? v : 3, up ? 3 : v));
            yield return ("Peers' month", v => Judged(up ? [v, 2] : [1, 2], up ? [20, 30] : [v, 30], 3, 3));
        }

        static PeerResult[] Judged(double[] events, double[] sessions, double up, double down)
        {
            var results = new PeerResult[2];
            new PeerMonitoring([Rate], 2).Judge(events, sessions, [up, up], [down, down], results);
            return [.. results.Where(r => r.State == PeerState.Judged)];
        }
    }

    [Fact]
    public void Every_list_with_a_strange_value_is_refused_or_answered()
    {
        List<string> wrong = [];
        foreach (var (name, call) in Lists())
            foreach (double value in Strange)
                if (Verdict(() => call(value), mayRefuse: true) is { } fault) wrong.Add($"{name} {value}: {fault}");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void What_was_made_without_its_arguments_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => { Cusum none = default; none.Add(1); });
        Assert.Throws<InvalidOperationException>(() => { ResettingSprt none = default; none.Add(1); });
        Assert.Throws<InvalidOperationException>(() => { LearningCusum none = default; none.Add(1, 1, Rate, 3); });
        Assert.Throws<InvalidOperationException>(() => default(GammaRate).Predict(1));
        Assert.Throws<InvalidOperationException>(() => default(Shrinkage).Mean(1, 1));
        Assert.Throws<InvalidOperationException>(() => default(TwoGammaShrinkage).FirstShare(1, 1));
    }
}
